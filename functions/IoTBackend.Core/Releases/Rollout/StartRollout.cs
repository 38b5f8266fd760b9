using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Sees to it that a track's release has a rollout and that the one before has none any more. Called whenever a release or a device may
/// have changed; who dies in between is followed by who does the same again.
/// </summary>
public sealed class StartRollout(IRolloutStore store, IReleases releases, JoinDevices join, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <returns>Devices that were placed because they are new or changed.</returns>
    public async Task<int> RunAsync(Track track, Release release, CancellationToken cancellationToken)
    {
        if (release.WithdrawnAt is not null)
            return 0;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var current = await store.CurrentAsync(track.Name, cancellationToken);
            // First of all its place in the order of the track's rollouts, which no other will have.
            if (current?.Value.Release != release.Id)
            {
                var next = new TrackRollouts(track.Name, release.Id, (current?.Value.Epoch ?? 0) + 1, current?.Value.Release);
                await store.TrySaveAsync(next, current?.Version, cancellationToken);
                continue;
            }

            var latest = await store.FindAsync(release.Id, cancellationToken);
            if (latest?.Value.Epoch != current.Value.Epoch)
            {
                // Out again because the one in between was withdrawn: before it is what was before it the first time.
                var previous = current.Value.Previous is { } between && await releases.FindAsync(between, cancellationToken) is { Value.WithdrawnAt: not null }
                    ? latest?.Value.Previous
                    : current.Value.Previous;
                await store.TryCommitAsync(New(track, release, current.Value.Epoch, previous, (latest?.Value.Round ?? 0) + 1), null, [], cancellationToken);
                continue;
            }

            await SupersedeOthersAsync(track, release, current.Value.Previous, cancellationToken);
            return await join.RunAsync(track, release, cancellationToken);
        }

        throw new ConflictException("the rollout");
    }

    private StagedRollout New(Track track, Release release, long epoch, string? previous, int round)
    {
        var now = time.GetUtcNow();
        var rollout = new StagedRollout
        {
            Release = release.Id,
            Track = track.Name,
            Round = round,
            Epoch = epoch,
            Rules = track.Rollout,
            CreatedAt = now,
            StartAt = track.Rollout.AutoStart ? now : null,
            Previous = previous,
            DueAt = now,
        };
        return rollout.Say("scheduled", StagedRollout.Backend, track.Rollout.AutoStart ? null : "It waits for an operator.", now);
    }

    private async Task SupersedeOthersAsync(Track track, Release release, string? previous, CancellationToken cancellationToken)
    {
        var others = (await store.ActiveAsync(cancellationToken)).Append(previous).OfType<string>().Where(id => id != release.Id && Release.TrackOf(id) == track.Name);
        foreach (var other in others.Distinct().ToList())
            await SupersedeAsync(other, release, cancellationToken);
    }

    private async Task SupersedeAsync(string releaseId, Release by, CancellationToken cancellationToken)
    {
        while (await store.FindAsync(releaseId, cancellationToken) is { Value: { State: not (RolloutState.Superseded or RolloutState.RollingBack or RolloutState.RolledBack) } rollout } stored)
        {
            var now = time.GetUtcNow();
            var over = rollout with { State = RolloutState.Superseded, Reason = $"{by.Tag} has taken over.", EndedAt = rollout.EndedAt ?? now, DueAt = now };
            if (await store.TryCommitAsync(over.Say("superseded", StagedRollout.Backend, over.Reason, now), stored, [], cancellationToken) is not null)
                return;
        }
    }
}
