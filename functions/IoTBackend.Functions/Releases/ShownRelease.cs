using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Functions.Releases;

/// <summary>A release as operators see it.</summary>
/// <param name="Unusable">Parts of the index that are of no use, each with the reason.</param>
/// <param name="Contradictions">Where index and image configs disagree, and which counts.</param>
/// <param name="SourceGoneAt">Since when the registry no longer has it.</param>
/// <param name="Overrides">Verdicts that an operator let not count.</param>
internal sealed record ShownRelease(
    string Id, string Track, ReleaseState State, string Image, string Digest, string Tag, IReadOnlyList<string> Tags, string MediaType,
    DateTimeOffset FirstSeenAt, DateTimeOffset? ActivatedAt, DateTimeOffset? OfferedAt, IReadOnlyList<PlatformImage> Platforms,
    IReadOnlyList<string> Unusable, IReadOnlyList<string> Contradictions, DateTimeOffset? SourceGoneAt, IReadOnlyList<GateVerdict> Gates,
    IReadOnlyList<GateOverride> Overrides, IReadOnlyList<Approval> Approvals, Privileges? Privileges)
{
    /// <param name="current">Id of the track's release.</param>
    public static ShownRelease Of(Release r, string? current) => new(
        r.Id, r.Track, r.StateWhen(current), r.Image, r.Digest, r.Tag, r.Tags, r.MediaType, r.FirstSeenAt, r.ActivatedAt, r.OfferedAt, r.Platforms,
        r.Unusable, r.Contradictions, r.SourceGoneAt, r.Gates, r.Overrides, r.Approvals, r.Privileges);
}
