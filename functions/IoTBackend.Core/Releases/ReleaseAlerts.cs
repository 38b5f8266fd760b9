using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases;

/// <summary>What operators are told about images. The same fact has the same id however often it is found.</summary>
internal static class ReleaseAlerts
{
    /// <summary>Devices in an alert; <c>GET /exposure</c> names all.</summary>
    private const int MostNamed = 50;

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

    /// <param name="devices">That run it.</param>
    /// <param name="revised">Operators were told of it before, and more or something else was found.</param>
    public static AlertTransition Exposed(
        Release release, ReleaseExposure exposed, IReadOnlyList<string> devices, FindingSeverity? worst, bool revised, DateTimeOffset now) => new()
        {
            AlertId = AlertTransition.IdOf(release.Id, AlertKind.SecurityExposed, exposed.Since),
            Change = revised ? AlertChange.Revised : AlertChange.Opened,
            Kind = AlertKind.SecurityExposed,
            Severity = worst == FindingSeverity.Critical && exposed.Verdicts.Any(v => v.Gate == "vulnerabilities") ? Severity.Critical : Severity.Warning,
            Summary = $"{release.Tag} of track {release.Track}, which {(devices.Count == 1 ? "1 device runs" : $"{devices.Count} devices run")}, would not be let out now: {exposed.Reason}",
            RaisedAt = exposed.Since,
            At = revised ? now : exposed.Since,
            Evidence = new Dictionary<string, object>
            {
                ["track"] = release.Track,
                ["release"] = release.Id,
                ["digest"] = release.Digest,
                ["tag"] = release.Tag,
                ["deviceCount"] = devices.Count,
                ["devices"] = devices.Order(StringComparer.Ordinal).Take(MostNamed).ToArray(),
            },
        };

    public static AlertTransition NoLongerExposed(Release release, ReleaseExposure exposed, DateTimeOffset now) => new()
    {
        AlertId = AlertTransition.IdOf(release.Id, AlertKind.SecurityExposed, exposed.Since),
        Change = AlertChange.Cleared,
        Kind = AlertKind.SecurityExposed,
        Severity = Severity.Warning,
        Summary = $"{release.Tag} of track {release.Track} is no longer exposed: what was found no longer counts, or no device runs it any more.",
        RaisedAt = exposed.Since,
        At = now,
        Evidence = new Dictionary<string, object> { ["track"] = release.Track, ["release"] = release.Id, ["digest"] = release.Digest, ["tag"] = release.Tag },
    };
}
