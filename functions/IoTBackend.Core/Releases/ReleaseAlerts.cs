using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases;

/// <summary>What operators are told about images. The same fact has the same id however often it is found.</summary>
internal static class ReleaseAlerts
{
    public static AlertTransition DigestChanged(Track track, TagRecord tag) => new()
    {
        AlertId = AlertTransition.IdOf($"{track.Name}:{tag.Tag}", AlertKind.SecurityDigestChanged, tag.MovedAt ?? default),
        Change = AlertChange.Opened,
        Kind = AlertKind.SecurityDigestChanged,
        Severity = Severity.Critical,
        Groups = track.Targets.Groups,
        Summary = $"The version tag {tag.Tag} of {track.Registry}/{track.Repository} names another image than before.",
        RaisedAt = tag.MovedAt ?? default,
        At = tag.MovedAt ?? default,
        Evidence = new Dictionary<string, object> { ["track"] = track.Name, ["tag"] = tag.Tag, ["before"] = tag.First, ["now"] = tag.Last },
    };

    /// <param name="open">False = no longer, for whatever reason.</param>
    public static AlertTransition Held(Release release, bool open, DateTimeOffset now)
    {
        var raised = release.FirstSeenAt.AddMilliseconds(release.HeldBefore);
        return new()
        {
            AlertId = AlertTransition.IdOf(release.Id, AlertKind.ReleaseHeld, raised),
            Change = open ? AlertChange.Opened : AlertChange.Cleared,
            Kind = AlertKind.ReleaseHeld,
            Severity = Severity.Warning,
            Summary = open ? $"{release.Tag} of track {release.Track} is held: {release.HeldReasons}"
                : $"{release.Tag} of track {release.Track} is no longer held.",
            RaisedAt = raised,
            At = open ? raised : now,
            Evidence = new Dictionary<string, object> { ["track"] = release.Track, ["release"] = release.Id, ["digest"] = release.Digest, ["tag"] = release.Tag },
        };
    }

    /// <param name="reason">Null = it can be read again.</param>
    public static AlertTransition Unreadable(Track track, string tag, DateTimeOffset since, string? reason, DateTimeOffset now) => new()
    {
        AlertId = AlertTransition.IdOf($"{track.Name}:{tag}", AlertKind.ReleaseHeld, since),
        Change = reason is null ? AlertChange.Cleared : AlertChange.Opened,
        Kind = AlertKind.ReleaseHeld,
        Severity = Severity.Warning,
        Groups = track.Targets.Groups,
        Summary = reason is null ? $"{tag} of track {track.Name} can be read again."
            : $"{tag} of track {track.Name} is held: what {track.Registry} sends for it cannot be read. {reason}",
        RaisedAt = since,
        At = now,
        Evidence = new Dictionary<string, object> { ["track"] = track.Name, ["tag"] = tag },
    };

    /// <param name="open">False = it is there again.</param>
    public static AlertTransition SourceGone(Release release, bool open, DateTimeOffset now)
    {
        var since = release.SourceGoneAt ?? now;
        return new()
        {
            AlertId = AlertTransition.IdOf(release.Id, AlertKind.ReleaseSourceGone, since),
            Change = open ? AlertChange.Opened : AlertChange.Cleared,
            Kind = AlertKind.ReleaseSourceGone,
            Severity = Severity.Warning,
            Summary = open
                ? $"{release.Tag} of track {release.Track} is out and is no longer in {release.Registry}/{release.Repository}: devices that run it go on, no other can get it."
                : $"{release.Tag} of track {release.Track} is in its registry again.",
            RaisedAt = since,
            At = open ? since : now,
            Evidence = new Dictionary<string, object> { ["track"] = release.Track, ["release"] = release.Id, ["digest"] = release.Digest, ["tag"] = release.Tag },
        };
    }
}
