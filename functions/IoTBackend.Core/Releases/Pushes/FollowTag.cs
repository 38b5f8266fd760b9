using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>How reading a tag back ended.</summary>
public enum FollowResult
{
    /// <summary>The track does not follow such tags.</summary>
    NotFollowed,

    /// <summary>The registry has no such tag: a forged event, or one that time has passed over.</summary>
    Gone,

    /// <summary>Known and dealt with.</summary>
    Known,

    /// <summary>The registry's content cannot be used.</summary>
    Refused,

    Held,
    Skipped,

    /// <summary>It is now the track's release.</summary>
    Activated,
}

/// <summary>
/// Reads a tag back from the registry and makes of it a release, or not. Nothing but the registry's verified content decides;
/// doing it again, at the same time or after a crash anywhere, has no further effect.
/// </summary>
public sealed class FollowTag(
    IRegistries registries, ITracks tracks, IReleases releases, IRegistryReader reader, IReleaseWork work, IAlertQueue alerts, TimeProvider time)
{
    private const int MaxTags = 50;

    private const int MaxAttempts = 8;

    private readonly ImageReader _images = new(reader);

    public async Task<FollowResult> RunAsync(Track track, string tag, CancellationToken cancellationToken)
    {
        if (TagPolicy.Create(track.Tags) is not { Value: { } policy } || policy.Refuses(tag) is not null
            || await registries.FindAsync(track.Registry, cancellationToken) is not { } registry)
            return FollowResult.NotFollowed;

        var source = new ImageSource(registry, track.Repository);
        var record = await releases.FindTagAsync(track.Name, tag, cancellationToken);
        var look = await reader.LookAtTagAsync(source, tag, record?.Last, cancellationToken);
        if (look.IsGone)
            return FollowResult.Gone;
        try
        {
            if (look.Unchanged && record is not null && !OwesAlert(policy, record)
                && await releases.FindAsync(Release.IdOf(track.Name, record.Last), cancellationToken) is { } known && IsDone(known.Value, tag))
                return FollowResult.Known;
            // The tag may have moved on since the event: what it names now is what counts.
            if (await reader.ReadManifestAsync(source, tag, cancellationToken) is not { } tagged
                || await reader.ReadManifestAsync(source, tagged.Digest, cancellationToken) is not { } manifest)
                return FollowResult.Gone;

            record = await RecordAsync(track, policy, record, tag, manifest.Digest, cancellationToken);
            var release = await StoreAsync(track, policy, source, manifest, tag, cancellationToken);
            return await DecideAsync(track, policy, release, record, cancellationToken);
        }
        catch (RegistryContentException)
        {
            return FollowResult.Refused;
        }
    }

    private static bool IsDone(Release release, string tag) =>
        release.Tags.Contains(tag) && release is { ActivatedAt: not null, OfferedAt: not null };

    private static bool OwesAlert(TagPolicy policy, TagRecord record) => policy.IsImmutable && record is { MovedAt: not null, Alerted: false };

    private async Task<TagRecord> RecordAsync(
        Track track, TagPolicy policy, TagRecord? before, string tag, string digest, CancellationToken cancellationToken)
    {
        var record = before is null ? new TagRecord(tag, digest, digest)
            : before.Last == digest ? before
            : before with { Last = digest, MovedAt = before.MovedAt ?? time.GetUtcNow() };
        if (record != before)
            await releases.SaveTagAsync(track.Name, record, cancellationToken);
        if (!OwesAlert(policy, record))
            return record;
        await alerts.EnqueueAsync(ReleaseAlerts.DigestChanged(track, record), cancellationToken);
        record = record with { Alerted = true };
        await releases.SaveTagAsync(track.Name, record, cancellationToken);
        return record;
    }

    private async Task<Versioned<Release>> StoreAsync(
        Track track, TagPolicy policy, ImageSource source, Manifest manifest, string tag, CancellationToken cancellationToken)
    {
        var id = Release.IdOf(track.Name, manifest.Digest);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await releases.FindAsync(id, cancellationToken);
            if (stored is not null && stored.Value.Digest != manifest.Digest)
                throw new RegistryContentException("Its digest begins like that of another release.");
            var before = stored?.Value ?? await NewAsync(track, source, manifest, tag, cancellationToken);
            var after = before with
            {
                Registry = track.Registry,
                Repository = track.Repository,
                Tags = before.Tags.Contains(tag) ? before.Tags : [.. before.Tags.Append(tag).TakeLast(MaxTags)],
                Tag = policy.Refuses(before.Tag) is not null || policy.Compare(before.Tag, tag) < 0 ? tag : before.Tag,
            };
            if (stored is null || after != before)
            {
                if (!await releases.TrySaveAsync(after, stored?.Version, cancellationToken))
                    continue;
            }

            return await releases.FindAsync(id, cancellationToken) ?? throw new ConflictException("the release");
        }

        throw new ConflictException("the release");
    }

    private async Task<Release> NewAsync(Track track, ImageSource source, Manifest manifest, string tag, CancellationToken cancellationToken)
    {
        var image = await _images.ReadAsync(source, manifest, cancellationToken);
        return new()
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
            Platforms = image.Platforms,
            Unusable = image.Unusable,
        };
    }

    private async Task<FollowResult> DecideAsync(
        Track track, TagPolicy policy, Versioned<Release> release, TagRecord record, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var pointer = await tracks.CurrentAsync(track.Name, cancellationToken);
            var current = pointer is null ? null : (await releases.FindAsync(pointer.Value, cancellationToken))?.Value;
            var now = time.GetUtcNow();
            var judged = release.Value;
            if (pointer?.Value != judged.Id)
            {
                // A tag pushed beside the one that counts says nothing against it.
                var tag = record.Tag == judged.Tag ? record : await releases.FindTagAsync(track.Name, judged.Tag, cancellationToken);
                judged = Gates.Gates.Judge(track, policy, judged, current, tag, now) is var gates && gates.SequenceEqual(judged.Gates)
                    ? judged
                    : judged with { Gates = gates };
                if (judged.MayGoOut && !await tracks.TrySetCurrentAsync(track.Name, judged.Id, pointer, cancellationToken))
                    continue;
            }

            var active = judged.MayGoOut || pointer?.Value == judged.Id;
            if (active)
                judged = judged with { ActivatedAt = judged.ActivatedAt ?? now };
            else if (judged is { IsHeld: true, HeldAlerted: false })
            {
                await alerts.EnqueueAsync(ReleaseAlerts.Held(judged), cancellationToken);
                judged = judged with { HeldAlerted = true };
            }

            if (active)
                await work.QueueAsync(new OfferWork(track.Name), cancellationToken);
            if (judged != release.Value && !await releases.TrySaveAsync(judged, release.Version, cancellationToken))
            {
                release = await releases.FindAsync(judged.Id, cancellationToken) ?? throw new ConflictException("the release");
                continue;
            }

            return active ? FollowResult.Activated : judged.IsHeld ? FollowResult.Held : FollowResult.Skipped;
        }

        throw new ConflictException("the track");
    }
}
