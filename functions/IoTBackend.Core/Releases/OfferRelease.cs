using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases;

/// <summary>
/// Finds the devices of a track that are not yet told of its release and splits them into pieces of work, each of which can be
/// done twice or by another process. Run again, it finds only those still missing: also devices registered since.
/// </summary>
public sealed class OfferRelease(
    ITracks tracks, IReleases releases, IDeviceRegistry devices, IDesiredStates states, IReleaseWork work, TimeProvider time)
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

        var told = new Dictionary<string, DesiredState>(StringComparer.Ordinal);
        await foreach (var (deviceId, state) in states.ListAsync(cancellationToken))
            told[deviceId] = state;

        var count = 0;
        var pieces = new Dictionary<int, List<string>>();
        await foreach (var device in devices.ListAsync(cancellationToken))
        {
            if (!track.Targets.Match(device) || Offer.To(device, release.Value, track.Targets).Value is not { } workload)
                continue;
            var state = told.GetValueOrDefault(device.Id, DesiredState.Nothing);
            if (ReferenceEquals(state.With(workload), state))
                continue;
            count++;
            var shard = states.ShardOf(device.Id);
            var piece = pieces.TryGetValue(shard, out var begun) ? begun : pieces[shard] = [];
            piece.Add(device.Id);
            if (piece.Count == DevicesAtOnce && pieces.Remove(shard))
                await work.QueueAsync(new TellWork(trackName, shard, piece), cancellationToken);
        }

        foreach (var (shard, piece) in pieces)
            await work.QueueAsync(new TellWork(trackName, shard, piece), cancellationToken);
        await MarkOfferedAsync(release, cancellationToken);
        return count;
    }

    private async Task MarkOfferedAsync(Versioned<Release> release, CancellationToken cancellationToken)
    {
        // Somebody else writing it meanwhile only means that it is offered once more.
        if (release.Value.OfferedAt is null)
            await releases.TrySaveAsync(release.Value with { OfferedAt = time.GetUtcNow() }, release.Version, cancellationToken);
    }
}

/// <summary>Tells one piece of the devices. What counts is the track's release now, not the one at the time the work was queued.</summary>
public sealed class TellDevices(ITracks tracks, IReleases releases, IDeviceRegistry devices, IDesiredStates states)
{
    public async Task RunAsync(TellWork work, CancellationToken cancellationToken)
    {
        if (await tracks.FindAsync(work.Track, cancellationToken) is not { } track
            || await tracks.CurrentAsync(work.Track, cancellationToken) is not { } current
            || await releases.FindAsync(current.Value, cancellationToken) is not { } release)
            return;

        var workloads = new Dictionary<string, Workload>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(work.Devices, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (deviceId, cancel) =>
        {
            if (await devices.FindAsync(deviceId, cancel) is { } device && track.Targets.Match(device)
                && Offer.To(device, release.Value, track.Targets).Value is { } workload)
            {
                lock (workloads)
                    workloads[deviceId] = workload;
            }
        });
        if (workloads.Count > 0)
            await states.ChangeAsync(work.Shard, workloads.Keys, (deviceId, state) => state.With(workloads[deviceId]), cancellationToken);
    }
}
