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

    public static AlertTransition Held(Release release) => new()
    {
        AlertId = AlertTransition.IdOf(release.Id, AlertKind.ReleaseHeld, release.FirstSeenAt),
        Change = AlertChange.Opened,
        Kind = AlertKind.ReleaseHeld,
        Severity = Severity.Warning,
        Summary = $"{release.Tag} of track {release.Track} is held: {string.Join(' ', release.Gates.Where(g => g.Verdict == Verdict.Held).Select(g => g.Reason))}",
        RaisedAt = release.FirstSeenAt,
        At = release.FirstSeenAt,
        Evidence = new Dictionary<string, object> { ["release"] = release.Id, ["digest"] = release.Digest, ["tag"] = release.Tag },
    };
}
