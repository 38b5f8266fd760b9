using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>
/// Judges a release by its track's gates and makes it the track's current one, or says why not. The pointer to the current release is
/// the only thing that is fought for; everything after it is done again until it is done.
/// </summary>
public sealed class DecideRelease(ITracks tracks, IReleases releases, Gatekeeper gates, IReleaseWork work, IAlertQueue alerts, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>A queue keeps a message for a week.</summary>
    private static readonly TimeSpan LongestInQueue = TimeSpan.FromDays(6);

    public readonly record struct Decision(FollowResult Result, string? Reason = null);

    /// <param name="record">What is known of the tag through which it was found.</param>
    /// <param name="pushed">When it was pushed, where somebody just said so.</param>
    public async Task<Decision> RunAsync(
        Track track, TagPolicy policy, Versioned<Release> release, TagRecord record, DateTimeOffset? pushed, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var pointer = await tracks.CurrentAsync(track.Name, cancellationToken);
            var current = pointer is null ? null : (await releases.FindAsync(pointer.Value, cancellationToken))?.Value;
            var now = time.GetUtcNow();
            var judged = release.Value with { PushedAt = policy.Rules.AllowDowngrade ? Pushed(release.Value, current, pushed) : release.Value.PushedAt };
            if (pointer?.Value == judged.Id && judged == release.Value && judged is { ActivatedAt: not null, OfferedAt: not null, HeldAlerted: false })
                return new(FollowResult.Known);
            if (pointer?.Value != judged.Id)
            {
                // A tag pushed beside the one that counts says nothing against it.
                var tag = record.Tag == judged.Tag ? record : await releases.FindTagAsync(track.Name, judged.Tag, cancellationToken);
                var verdicts = await gates.JudgeAsync(track, policy, judged, current, tag, cancellationToken);
                judged = verdicts.SequenceEqual(judged.Gates) ? judged : judged with { Gates = verdicts };
                if (judged.MayGoOut && !await tracks.TrySetCurrentAsync(track.Name, judged.Id, pointer, cancellationToken))
                    continue;
            }

            var active = judged.MayGoOut || pointer?.Value == judged.Id;
            if (active)
            {
                await ForgetOlderAsync(policy, judged, now, cancellationToken);
                // Its gates may not have asked what is in it; who asks which devices run a package does.
                if (judged.ActivatedAt is null)
                    await work.QueueAsync(ReadPushWork.LookAt(judged), TimeSpan.Zero, cancellationToken);
                judged = judged with { ActivatedAt = judged.ActivatedAt ?? now };
            }

            judged = await TellAsync(judged, active, now, cancellationToken);
            // Also where a look found nothing new: it came for a gate whose time is longer than a queue keeps a message.
            if (!active && judged.IsWaiting && (judged.Gates != release.Value.Gates || pushed is not null))
                await LookAgainAsync(track, judged, now, cancellationToken);
            if (active)
                await work.QueueAsync(new OfferWork(track.Name), TimeSpan.Zero, cancellationToken);
            if (judged != release.Value && !await releases.TrySaveAsync(judged, release.Version, cancellationToken))
            {
                release = await releases.FindAsync(judged.Id, cancellationToken) ?? throw new ConflictException("the release");
                continue;
            }

            return active ? new(FollowResult.Activated)
                : judged.IsHeld ? new(FollowResult.Held, judged.HeldReasons) : new(judged.IsWaiting ? FollowResult.Waiting : FollowResult.Skipped);
        }

        throw new ConflictException("the track");
    }

    /// <summary>
    /// Where versions may go back, the last push counts. An event that tells of a push no older than the one that is out is a new push,
    /// also of an image long known; the same event delivered again, or no event at all, is not.
    /// </summary>
    private static DateTimeOffset? Pushed(Release release, Release? current, DateTimeOffset? pushed)
    {
        if (pushed is not { } at || (release.PushedAt is { } before && at < before))
            return release.PushedAt;
        return current?.Id == release.Id ? at : current is not null && at >= current.LastPushedAt && release.LastPushedAt <= current.LastPushedAt
            ? (at > current.LastPushedAt ? at : current.LastPushedAt.AddTicks(1))
            : at;
    }

    /// <summary>At the time when the first of what it waits for is over; what has no time (an approval) comes by itself.</summary>
    private async Task LookAgainAsync(Track track, Release release, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (release.Gates.Where(g => g.Verdict == Verdict.Waiting).Min(g => g.Until) is not { } until)
            return;
        var after = until - now is var wait && wait < LongestInQueue ? wait : LongestInQueue;
        await work.QueueAsync(
            new ReadPushWork([track.Registry], track.Repository, release.Tag, release.LastPushedAt), after > TimeSpan.Zero ? after : TimeSpan.FromSeconds(1), cancellationToken);
    }

    private async Task<Release> TellAsync(Release release, bool active, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var held = !active && release.IsHeld;
        if (held == release.HeldAlerted)
            return release;
        await alerts.EnqueueAsync(ReleaseAlerts.Held(release, held, now), cancellationToken);
        return release with { HeldAlerted = held, HeldBefore = release.HeldBefore + (held ? 0 : 1) };
    }

    /// <summary>Whether an older version is held is nobody's concern any more once a newer one is out.</summary>
    private async Task ForgetOlderAsync(TagPolicy policy, Release active, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (active.ActivatedAt is not null || !policy.IsImmutable)
            return;
        await foreach (var other in releases.ListAsync(active.Track, cancellationToken))
        {
            if (other.Id != active.Id && other.HeldAlerted && policy.Compare(other.Tag, active.Tag) < 0
                && await releases.FindAsync(other.Id, cancellationToken) is { Value.HeldAlerted: true } held)
            {
                await alerts.EnqueueAsync(ReleaseAlerts.Held(held.Value, false, now), cancellationToken);
                await releases.TrySaveAsync(
                    held.Value with { HeldAlerted = false, HeldBefore = held.Value.HeldBefore + 1 }, held.Version, cancellationToken);
            }
        }
    }
}
