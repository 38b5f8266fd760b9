using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Sees to it that a track's release has a rollout and that the one before has none any more. Called whenever a release or a device may
/// have changed; who dies in between is followed by who does the same again.
/// </summary>
public sealed class StartRollout(IRolloutStore store, JoinDevices join, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <returns>Devices that were placed because they are new or changed.</returns>
    public async Task<int> RunAsync(Track track, Release release, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var current = await store.CurrentAsync(track.Name, cancellationToken);
            var latest = await store.FindAsync(release.Id, cancellationToken);
            if (current?.Value.Release == release.Id && latest is not null)
            {
                if (latest.Value.Previous is { } previous)
                    await SupersedeAsync(previous, release, cancellationToken);
                return await join.RunAsync(track, release, cancellationToken);
            }

            var epoch = (current?.Value.Epoch ?? 0) + 1;
            // One that was made for this place and whose maker died.
            if (latest?.Value.Epoch != epoch && await store.TryCommitAsync(New(track, release, current?.Value.Release, (latest?.Value.Round ?? 0) + 1, epoch), null, [], cancellationToken) is null)
                continue;
            if (current is not null)
                await SupersedeAsync(current.Value.Release, release, cancellationToken);
            await store.TrySaveAsync(new TrackRollouts(track.Name, release.Id, epoch), current?.Version, cancellationToken);
        }

        throw new ConflictException("the rollout");
    }

    private StagedRollout New(Track track, Release release, string? previous, int round, long epoch)
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
            Previous = previous == release.Id ? null : previous,
            DueAt = now,
        };
        return rollout.Say("scheduled", StagedRollout.Backend, track.Rollout.AutoStart ? null : "It waits for an operator.", now);
    }

    private async Task SupersedeAsync(string releaseId, Release by, CancellationToken cancellationToken)
    {
        while (await store.FindAsync(releaseId, cancellationToken) is { Value: { State: not (RolloutState.Superseded or RolloutState.RollingBack or RolloutState.RolledBack) } rollout } stored
            && rollout.Release != by.Id)
        {
            var now = time.GetUtcNow();
            var over = rollout with { State = RolloutState.Superseded, Reason = $"{by.Tag} has taken over.", EndedAt = rollout.EndedAt ?? now, DueAt = now };
            if (await store.TryCommitAsync(over.Say("superseded", StagedRollout.Backend, over.Reason, now), stored, [], cancellationToken) is not null)
                return;
        }
    }
}
