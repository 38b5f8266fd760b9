using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Finds the devices of a track that are not yet told of its release and splits them into pieces of work, each of which can be
/// done twice or by another process. Run again, it finds only those still missing: also devices registered since. A track that goes out in
/// waves has a rollout instead.
/// </summary>
public sealed class MakeOffers(
    ITracks tracks, IReleases releases, IDeviceRegistry devices, IDesiredStates states, IReleaseWork work, StartRollout start, RunRollout run, TimeProvider time)
{
    /// <summary>Devices told in one piece of work: one entity-group transaction.</summary>
    public const int DevicesAtOnce = 100;

    /// <returns>How many devices have to be told.</returns>
    public async Task<int> RunAsync(string trackName, CancellationToken cancellationToken)
    {
        if (await tracks.FindAsync(trackName, cancellationToken) is not { } track
            || await tracks.CurrentAsync(trackName, cancellationToken) is not { } current
            || await releases.FindAsync(current.Value, cancellationToken) is not { } release)
            return 0;
        if (track.Rollout.IsStaged)
        {
            var placed = await start.RunAsync(track, release.Value, cancellationToken);
            await run.RunAsync(release.Value.Id, cancellationToken);
            await MarkOfferedAsync(release, cancellationToken);
            return placed;
        }

        // Where nothing was before it, it is the track's release still; devices keep what they have.
        if (release.Value.WithdrawnAt is not null)
            return 0;

        var told = new Dictionary<string, DesiredState>(StringComparer.Ordinal);
        await foreach (var (deviceId, state) in states.ListAsync(cancellationToken))
            told[deviceId] = state;

        var count = 0;
        var pieces = new Dictionary<(int Shard, string PlatformDigest), List<string>>();
        await foreach (var device in devices.ListAsync(cancellationToken))
        {
            if (!track.Targets.Match(device) || Offer.To(device, release.Value, track.Targets).Value is not { } workload)
                continue;
            var state = told.GetValueOrDefault(device.Id, DesiredState.Nothing);
            if (ReferenceEquals(state.With(workload), state))
                continue;
            count++;
            var key = (states.ShardOf(device.Id), workload.PlatformDigest);
            var piece = pieces.TryGetValue(key, out var begun) ? begun : pieces[key] = [];
            piece.Add(device.Id);
            if (piece.Count == DevicesAtOnce && pieces.Remove(key))
                await QueueAsync(key, piece);
        }

        foreach (var (key, piece) in pieces)
            await QueueAsync(key, piece);
        await MarkOfferedAsync(release, cancellationToken);
        return count;

        Task QueueAsync((int Shard, string PlatformDigest) key, List<string> piece) =>
            work.QueueAsync(new TellWork(trackName, release.Value.Id, key.Shard, key.PlatformDigest, piece), TimeSpan.Zero, cancellationToken);
    }

    private async Task MarkOfferedAsync(Versioned<Release> release, CancellationToken cancellationToken)
    {
        // Somebody else writing it meanwhile only means that it is offered once more.
        if (release.Value.OfferedAt is null)
            await releases.TrySaveAsync(release.Value with { OfferedAt = time.GetUtcNow() }, release.Version, cancellationToken);
    }
}

/// <summary>
/// Tells one piece of the devices, without reading them again: what changed about one in between is found when the release is next
/// offered. Work for a release that is no longer out is dropped, since all its devices have been queued for the one that is; so is work of a
/// track that has waves since.
/// </summary>
public sealed class SetDesired(ITracks tracks, IReleases releases, IDesiredStates states)
{
    public async Task RunAsync(TellWork work, CancellationToken cancellationToken)
    {
        if ((await tracks.CurrentAsync(work.Track, cancellationToken))?.Value != work.Release
            || await tracks.FindAsync(work.Track, cancellationToken) is { Rollout.IsStaged: true }
            || await releases.FindAsync(work.Release, cancellationToken) is not { Value: var release }
            || release.Platforms.FirstOrDefault(p => p.Digest == work.PlatformDigest) is not { } platform)
            return;
        var workload = Offer.Of(release, platform);
        await states.ChangeAsync(work.Shard, work.Devices, (_, state) => state.With(workload), cancellationToken);
    }
}
