using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Devices registered, repaired, moved or held while a rollout is under way or after it: each gets its place, or loses it. One walk
/// through the fleet, made when a registration has changed.
/// </summary>
public sealed class JoinDevices(
    IRolloutStore store, ITracks tracks, IDeviceRegistry devices, IDesiredStates states, PlanRollout plan, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>Behind every wave; the last of two hex digits.</summary>
    private const int Joiners = 0xff;

    /// <returns>Devices placed.</returns>
    public async Task<int> RunAsync(Track track, Release release, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // Before its plan there is no place to have; after its end, none to get.
            if (await store.FindAsync(release.Id, cancellationToken) is not { Value: { Plan: > 0, IsOver: false } rollout } stored)
                return 0;
            if (rollout.State == RolloutState.RollingBack)
                return 0;
            if (await PlaceAsync(stored, track, release, cancellationToken) is { } placed)
                return placed;
        }

        throw new ConflictException("the rollout");
    }

    /// <summary>The track's current release, whichever it is.</summary>
    public async Task<int> RunAsync(string track, IReleases releases, CancellationToken cancellationToken) =>
        await tracks.FindAsync(track, cancellationToken) is { } known && await store.CurrentAsync(track, cancellationToken) is { } current
            && await releases.FindAsync(current.Value.Release, cancellationToken) is { } release
            ? await RunAsync(known, release.Value, cancellationToken)
            : 0;

    /// <returns>Null = somebody else changed the rollout meanwhile.</returns>
    private async Task<int?> PlaceAsync(Versioned<StagedRollout> stored, Track track, Release release, CancellationToken cancellationToken)
    {
        var (rollout, now) = (stored.Value, time.GetUtcNow());
        var place = new Placement(release, track, await plan.ModelsAsync(cancellationToken), (await store.HoldsAsync(track.Name, cancellationToken))?.Value, now);
        var fleet = await devices.ListAsync(cancellationToken).ToDictionaryAsync(d => d.Id, StringComparer.Ordinal, cancellationToken);
        var changes = new List<BlockChange>();
        var joined = new Dictionary<int, RolloutBlock>();
        await foreach (var block in store.ListAsync(rollout, cancellationToken))
        {
            var after = block.Select(d => fleet.Remove(d.Id, out var device) ? place.Of(device, d) ?? d : Gone(d));
            if (!after.Devices.SequenceEqual(block.Devices))
                changes.Add(new(block, after));
            if (block.Key.StartsWith($"{Joiners:x2}", StringComparison.Ordinal))
                joined[block.Shard] = after;
        }

        // What remains has no place yet.
        foreach (var shard in fleet.Values.Select(d => place.Of(d, null)).OfType<RolloutDevice>().GroupBy(d => states.ShardOf(d.Id)))
            Append(changes, joined.GetValueOrDefault(shard.Key), shard.Key, new(shard));
        return await CommitAsync(stored, changes, cancellationToken);
    }

    private static void Append(List<BlockChange> changes, RolloutBlock? last, int shard, Queue<RolloutDevice> devices)
    {
        var number = last is null ? 0 : int.Parse(last.Key.AsSpan(last.Key.LastIndexOf('-') + 1), System.Globalization.NumberStyles.HexNumber, null);
        var before = changes.Find(c => c.After == last).Before ?? last;
        if (last is not null && last.Devices.Count < RolloutBlock.MostDevices)
        {
            changes.RemoveAll(c => c.After == last);
            changes.Add(new(before, last with { Devices = [.. last.Devices, .. Take(RolloutBlock.MostDevices - last.Devices.Count)] }));
        }

        for (number += last is null ? 0 : 1; devices.Count > 0; number++)
            changes.Add(new(null, new(RolloutBlock.KeyOf(Joiners, shard, number), shard, [.. Take(RolloutBlock.MostDevices)])));

        IEnumerable<RolloutDevice> Take(int most)
        {
            for (var i = 0; i < most && devices.TryDequeue(out var device); i++)
                yield return device;
        }
    }

    /// <summary>Who is no longer registered counts for nothing that is still to come.</summary>
    private static RolloutDevice Gone(RolloutDevice device) =>
        device.IsDueEver ? device.To(UpdateStep.Lost, Because.Removed) with { ToldAt = null } : device;

    private async Task<int?> CommitAsync(Versioned<StagedRollout> stored, List<BlockChange> changes, CancellationToken cancellationToken)
    {
        var placed = 0;
        foreach (var some in Commits.Of(changes))
        {
            var (rollout, now) = (stored.Value, time.GetUtcNow());
            var next = rollout with
            {
                Counts = rollout.Counts.Change(some.SelectMany(c => c.Before?.Devices ?? []), some.SelectMany(c => c.After.Devices)),
                // They have their turn after all others, or at once where all others have had it.
                Cursor = "",
                DueAt = now,
            };
            var more = next.Counts.Begun() + next.Counts.Of(UpdateStep.Waiting);
            next = next with { Limits = [.. next.Limits.Take(Math.Max(0, next.Limits.Count - 1)), Math.Max(more, next.Limits.Count > 0 ? next.Limits[^1] : 0)] };
            if (await store.TryCommitAsync(next, stored, some, cancellationToken) is not { } committed)
                return null;
            stored = committed;
            placed += some.Sum(c => c.After.Devices.Except(c.Before?.Devices ?? []).Count());
        }

        return placed;
    }
}
