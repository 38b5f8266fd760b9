using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Functions.Http;

namespace IoTBackend.Functions.Releases;

/// <summary>A release as the API shows it.</summary>
/// <param name="Version">What If-Match is compared with: another one as soon as anything but the state is.</param>
/// <param name="Image">host/repository@sha256:..., the index: what devices are pinned to.</param>
/// <param name="Unusable">Parts of the index that are of no use, each with the reason.</param>
/// <param name="Contradictions">Where index and configs disagree, and which of them counts.</param>
/// <param name="SourceGoneAt">Since when the registry no longer has it.</param>
/// <param name="Overrides">Verdicts that an operator let not count.</param>
/// <param name="Privileges">What its containers ask for.</param>
/// <param name="Exposed">What was found in it after it went out; missing = nothing that counts.</param>
/// <param name="Rollout">What its rollout does; missing = it has none, or (in a list) another release is the track's and nothing is left to do.</param>
internal sealed record ReleaseDocument(
    string Id, string Version, string Track, ReleaseState State, string Image, string Digest, string Tag, IReadOnlyList<string> Tags, string MediaType,
    DateTimeOffset FirstSeenAt, DateTimeOffset? ActivatedAt, DateTimeOffset? OfferedAt, IReadOnlyList<PlatformImage> Platforms,
    IReadOnlyList<string> Unusable, IReadOnlyList<string> Contradictions, DateTimeOffset? SourceGoneAt, IReadOnlyList<GateVerdict> Gates,
    IReadOnlyList<GateOverride> Overrides, IReadOnlyList<Approval> Approvals, Privileges? Privileges, ExposedDocument? Exposed, RolloutState? Rollout = null)
{
    /// <param name="release">The release.</param>
    /// <param name="current">Id of the track's release; null = none.</param>
    /// <param name="rollout">What this one's rollout does; null = it has none.</param>
    public static ReleaseDocument Of(Release release, string? current, RolloutState? rollout = null)
    {
        var shown = Of(release);
        return shown with { Version = EntityTag.Of(shown), State = release.StateWhen(current), Rollout = rollout };
    }

    private static ReleaseDocument Of(Release release) => new(
        release.Id, "", release.Track, default, release.Image, release.Digest, release.Tag, release.Tags, release.MediaType,
        release.FirstSeenAt, release.ActivatedAt, release.OfferedAt, release.Platforms,
        release.Unusable, release.Contradictions, release.SourceGoneAt, release.Gates, release.Overrides, release.Approvals, release.Privileges,
        release.Exposed is { } exposed ? new(exposed.Since, exposed.Verdicts) : null);
}

/// <summary>Something was found in an image that is out.</summary>
/// <param name="Since">When the first of it was found.</param>
/// <param name="Verdicts">Of the gates that would not let it out now.</param>
internal sealed record ExposedDocument(DateTimeOffset Since, IReadOnlyList<GateVerdict> Verdicts);
