using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Reads a tag back from the registry and makes of it a release, or not. Nothing but the registry's verified content decides;
/// doing it again, at the same time or after a crash anywhere, has no further effect.
/// </summary>
public sealed class FollowTag(
    IRegistries registries, IReleases releases, IRegistryReader reader, DecideRelease decide, IAlertQueue alerts, TimeProvider time)
{
    private const int MaxTags = 50;

    private const int MaxAttempts = 8;

    /// <summary>An image that could not be used is read again this long: a replica may lag, a proxy may garble.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromHours(6);

    private readonly ImageReader _images = new(reader, time);

    /// <param name="pushed">When somebody says that it was pushed; null = nobody does, it was just looked for.</param>
    public async Task<Followed> RunAsync(Track track, string tag, DateTimeOffset? pushed, CancellationToken cancellationToken)
    {
        if (TagPolicy.Create(track.Tags) is not { Value: { } policy } || policy.Refuses(tag) is not null
            || await registries.FindAsync(track.Registry, cancellationToken) is not { } registry)
            return new(track.Name, tag, FollowResult.NotFollowed);

        var record = await releases.FindTagAsync(track.Name, tag, cancellationToken);
        try
        {
            if (await ReadAsync(track, new(registry, track.Repository), record, tag, pushed is not null, cancellationToken) is not { } image)
                return new(track.Name, tag, FollowResult.Gone);
            record = await RecordAsync(track, policy, record, tag, image.Digest, cancellationToken);
            var release = await StoreAsync(track, policy, image, tag, pushed, cancellationToken);
            var decision = await decide.RunAsync(track, policy, release, record, pushed, cancellationToken);
            return new(track.Name, tag, decision.Result, image.Digest, decision.Reason);
        }
        catch (RegistryContentException e)
        {
            await TellUnreadableAsync(track, record, tag, e.Message, cancellationToken);
            return new(track.Name, tag, FollowResult.Refused, Reason: e.Message);
        }
    }

    /// <summary>What the tag names now, whatever the event said; without reading anything where that is known. Null = nothing.</summary>
    private async Task<Image?> ReadAsync(
        Track track, ImageSource source, TagRecord? record, string tag, bool pushed, CancellationToken cancellationToken)
    {
        var look = await reader.LookAsync(source, tag, record is { Last.Length: > 0 } ? record.Last : null, cancellationToken);
        if (look.IsGone)
            return null;
        var digest = look.Unchanged ? record!.Last : look.Digest!;
        if (await releases.FindAsync(Release.IdOf(track.Name, digest), cancellationToken) is { Value: var known } && known.Digest == digest
            && !IsDoubtful(known, pushed))
            return new(known.Digest, known.MediaType, known.Platforms, known.Unusable, known.Contradictions);
        try
        {
            return await reader.ReadManifestAsync(source, digest, cancellationToken) is { } manifest
                ? await _images.ReadAsync(source, manifest, cancellationToken)
                : null;
        }
        catch (RegistryContentException e)
        {
            // The digest is known, so it is a release: one that says why it cannot be used.
            return new(digest, "", [], [e.Message], []);
        }
    }

    private bool IsDoubtful(Release release, bool pushed) =>
        release is { ActivatedAt: null, Unusable.Count: > 0 } && (pushed || time.GetUtcNow() - release.FirstSeenAt < Doubt);

    private async Task<TagRecord> RecordAsync(
        Track track, TagPolicy policy, TagRecord? before, string tag, string digest, CancellationToken cancellationToken)
    {
        if (before?.UnreadableAt is { } since)
            await alerts.EnqueueAsync(ReleaseAlerts.Unreadable(track, tag, since, null, time.GetUtcNow()), cancellationToken);
        var record = before is null or { First: "" } ? new TagRecord(tag, digest, digest)
            : before.Last == digest ? before
            : before with { Last = digest, MovedAt = before.MovedAt ?? time.GetUtcNow() };
        record = record with { UnreadableAt = null, UnreadableTold = false };
        if (record != before)
            await releases.SaveTagAsync(track.Name, record, cancellationToken);
        if (!policy.IsImmutable || record is not { MovedAt: not null, Alerted: false })
            return record;
        await alerts.EnqueueAsync(ReleaseAlerts.DigestChanged(track, record), cancellationToken);
        record = record with { Alerted = true };
        await releases.SaveTagAsync(track.Name, record, cancellationToken);
        return record;
    }

    private async Task TellUnreadableAsync(Track track, TagRecord? record, string tag, string reason, CancellationToken cancellationToken)
    {
        if (record is { UnreadableTold: true })
            return;
        // The time is in the alert's id, so it is kept before it is used: told again after a crash, it is the same alert.
        var now = record?.UnreadableAt ?? time.GetUtcNow();
        record = (record ?? new TagRecord(tag, "", "")) with { UnreadableAt = now };
        await releases.SaveTagAsync(track.Name, record, cancellationToken);
        await alerts.EnqueueAsync(ReleaseAlerts.Unreadable(track, tag, now, reason, now), cancellationToken);
        await releases.SaveTagAsync(track.Name, record with { UnreadableTold = true }, cancellationToken);
    }

    private async Task<Versioned<Release>> StoreAsync(
        Track track, TagPolicy policy, Image image, string tag, DateTimeOffset? pushed, CancellationToken cancellationToken)
    {
        var id = Release.IdOf(track.Name, image.Digest);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await releases.FindAsync(id, cancellationToken);
            if (stored is not null && stored.Value.Digest != image.Digest)
                throw new RegistryContentException("Its digest begins like that of another release.");
            var before = stored?.Value ?? New(track, image, tag, pushed);
            var after = before with
            {
                Registry = track.Registry,
                Repository = track.Repository,
                Tags = before.Tags.Contains(tag) ? before.Tags : [.. before.Tags.Append(tag).TakeLast(MaxTags)],
                Tag = policy.Refuses(before.Tag) is not null || policy.Compare(before.Tag, tag) < 0 ? tag : before.Tag,
            };
            if (!after.Unusable.SequenceEqual(image.Unusable) && after.ActivatedAt is null)
                after = after with { MediaType = image.MediaType, Platforms = image.Platforms, Unusable = image.Unusable, Contradictions = image.Contradictions, Privileges = PrivilegesOf(image) };
            if ((stored is null || after != before) && !await releases.TrySaveAsync(after, stored?.Version, cancellationToken))
                continue;
            return await releases.FindAsync(id, cancellationToken) ?? throw new ConflictException("the release");
        }

        throw new ConflictException("the release");
    }

    private Release New(Track track, Image image, string tag, DateTimeOffset? pushed) => new()
    {
        Id = Release.IdOf(track.Name, image.Digest),
        Track = track.Name,
        Registry = track.Registry,
        Repository = track.Repository,
        Digest = image.Digest,
        MediaType = image.MediaType,
        Tag = tag,
        Tags = [tag],
        FirstSeenAt = time.GetUtcNow(),
        PushedAt = pushed,
        Platforms = image.Platforms,
        Unusable = image.Unusable,
        Contradictions = image.Contradictions,
        Privileges = PrivilegesOf(image),
    };

    private static Privileges? PrivilegesOf(Image image) =>
        image.Platforms.All(p => p.Asks is not null) ? Privileges.Union(image.Platforms.Select(p => p.Asks!)) : null;
}
