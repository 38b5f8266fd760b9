using System.Collections.Concurrent;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <summary>How far the backend itself has come: what silence may be judged against.</summary>
public interface IProcessedWatermarks
{
    /// <summary>
    /// Per partition the time before which every event was processed; null where that is not known yet.
    /// </summary>
    /// <exception cref="UnavailableException">The hub or the store cannot be asked: nobody may be judged.</exception>
    Task<IReadOnlyList<DateTimeOffset?>> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Remembers the gaps the backend caused itself, so that no device is called silent for them.</summary>
public interface IBackendGaps
{
    /// <summary>Says that the backend is well now. Returns the end of the last gap; the beginning of time where there was none.</summary>
    Task<DateTimeOffset> BeatAsync(CancellationToken cancellationToken);

    /// <summary>Says that it was well ever since the beat: a sweep that takes long is no gap.</summary>
    Task SweptAsync(CancellationToken cancellationToken);

    /// <summary>Says that the backend could not see the devices just now.</summary>
    void Missed();
}

/// <summary>
/// Judges the devices that have fallen due, and only those: the cost does not depend on the size of the fleet. The clock is
/// the processed watermark, so that a backend that lags or was down calls nobody offline for it.
/// </summary>
public sealed class JudgeSilences(IDeviceStates states, IProcessedWatermarks watermarks, IBackendGaps gaps, DevicePolicies policies,
    SweepGroups groups, TimeProvider time)
{
    private const int MaxConcurrentShards = 8;

    /// <returns>Devices judged.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DateTimeOffset?> processed;
        DateTimeOffset heldSince;
        try
        {
            processed = await watermarks.ReadAsync(cancellationToken);
            heldSince = await gaps.BeatAsync(cancellationToken);
        }
        catch (UnavailableException)
        {
            gaps.Missed();
            throw;
        }

        var (judged, fellSilent, left) = (0, new ConcurrentBag<string>(), new ConcurrentDictionary<int, IReadOnlyList<string>>());
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentShards, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, states.ShardCount, options, async (shard, cancellation) =>
        {
            // All devices of a shard are on one partition.
            if (processed[shard % processed.Count] is { } watermark)
                Interlocked.Add(ref judged, await SweepAsync(shard, watermark, heldSince, fellSilent, left, cancellation));
        });
        await groups.RunAsync(fellSilent, time.GetUtcNow(), new(processed.Contains(null) ? null : processed.Min(), heldSince), cancellationToken);
        // Who is offline is told only now that the groups have spoken: nobody hears of each member of an outage.
        await Parallel.ForEachAsync(left, options, async (shard, cancellation) =>
        {
            if (processed[shard.Key % processed.Count] is { } watermark)
                await JudgeOfflineAsync(shard.Key, shard.Value, watermark, heldSince, cancellation);
        });
        await gaps.SweptAsync(cancellationToken);
        return judged;
    }

    private async Task<int> SweepAsync(
        int shard, DateTimeOffset watermark, DateTimeOffset heldSince, ConcurrentBag<string> fellSilent, ConcurrentDictionary<int, IReadOnlyList<string>> left,
        CancellationToken cancellationToken)
    {
        await using var store = await states.OpenAsync(shard, whole: false, cancellationToken);
        while (true)
        {
            var due = await store.DueAsync(watermark, cancellationToken);
            var (changes, silent, later) = (new List<DeviceChange>(), new List<string>(), new List<string>());
            foreach (var deviceId in due)
            {
                var record = await store.GetAsync(deviceId, cancellationToken);
                if (await policies.FindAsync(deviceId, cancellationToken) is not var (device, policy))
                {
                    changes.Add(new(deviceId, record with { DueAt = null }, []));
                    continue;
                }

                var update = new DeviceUpdate(device, policy, record);
                var (isMember, wasSilent) = (device.Groups.Count > 0, update.IsSilent);
                if (isMember)
                    update.JudgeOverdue(watermark, heldSince);
                else
                    update.Judge(watermark, heldSince);
                var change = update.ToChange(lazily: false);
                if (!isMember || !wasSilent)
                    changes.Add(change);
                if (isMember && update.IsSilent)
                    silent.Add(deviceId);
                if (isMember && change.Record.DueAt < watermark)
                    later.Add(deviceId);
            }

            if (!await TryStoreAsync(store, changes, cancellationToken))
                continue;
            silent.ForEach(fellSilent.Add);
            if (later.Count > 0)
                left[shard] = later;
            return due.Count;
        }
    }

    private async Task JudgeOfflineAsync(int shard, IReadOnlyList<string> devices, DateTimeOffset watermark, DateTimeOffset heldSince, CancellationToken cancellationToken)
    {
        await using var store = await states.OpenAsync(shard, whole: false, cancellationToken);
        List<DeviceChange> changes;
        do
        {
            changes = [];
            foreach (var deviceId in devices)
            {
                var record = await store.GetAsync(deviceId, cancellationToken);
                if (!(record.DueAt < watermark) || await policies.FindAsync(deviceId, cancellationToken) is not var (device, policy))
                    continue;
                var update = new DeviceUpdate(device, policy, record);
                update.Judge(watermark, heldSince);
                changes.Add(update.ToChange(lazily: false));
            }
        }
        while (!await TryStoreAsync(store, changes, cancellationToken));
    }

    private static async Task<bool> TryStoreAsync(IDeviceShard store, List<DeviceChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            return changes.Count == 0 || await store.TryCommitAsync(changes, cancellationToken);
        }
        catch (ChangesRefusedException)
        {
            // Told by the store; they stay due, and nobody else waits for them.
            return true;
        }
    }
}
