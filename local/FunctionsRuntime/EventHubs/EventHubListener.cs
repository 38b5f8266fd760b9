using Azure.Storage.Blobs;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>
/// This host's part of a consumer group: renews the partitions it owns, takes its share of the others, runs a pump for each.
/// Balancing goes on beside the functions, so one that retries for ever keeps its partition and blocks no other.
/// </summary>
internal sealed class EventHubListener(
    BackgroundCall call, IEventHub hub, BlobContainerClient container, EventHubSettings settings, bool batched) : IListener
{
    private readonly string self = Guid.NewGuid().ToString();
    private readonly Ownerships ownerships = new(container, BlobPaths.For(hub));
    private readonly Checkpoints checkpoints = new(container, BlobPaths.For(hub));
    private readonly Dictionary<string, OwnedPartition> owned = [];

    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        string[]? partitions = null;
        while (!stopping.IsCancellationRequested || owned.Count > 0)
        {
            var failed = false;
            try
            {
                partitions ??= await PreparedAsync(stopping);
                await RenewAsync();
                await ReapAsync();
                if (!stopping.IsCancellationRequested)
                    await ClaimAsync(partitions, stopping, abort);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // On to the drain, or to its end.
            }
            catch (Exception outage)
            {
                // Storage or hub out of reach, or refusing: what is owned stays so until it expires, and the next round tries again.
                HostLog.BalancingFailed(call.Logger, hub.Name, HostLog.Cause(outage));
                failed = true;
            }
            await PauseAsync(failed ? [] : owned.Values.Select(partition => partition.Pump), stopping);
        }
        await hub.DisposeAsync();
    }

    private async Task<string[]> PreparedAsync(CancellationToken stopping)
    {
        await container.CreateIfNotExistsAsync(cancellationToken: stopping);
        return await hub.GetPartitionIdsAsync(stopping);
    }

    /// <summary>Lets go of partitions whose pumps have ended, so that another host need not wait for them to expire.</summary>
    private async Task ReapAsync()
    {
        foreach (var (id, partition) in owned.Where(entry => entry.Value.Pump.IsCompleted).ToList())
        {
            owned.Remove(id);
            var ours = !partition.IsLost;
            partition.Dispose();
            if (ours)
                await ownerships.ClaimAsync(partition.Ownership, "", CancellationToken.None);
        }
    }

    private async Task RenewAsync()
    {
        var asked = call.Time.GetUtcNow();
        await Task.WhenAll(owned.Values.Where(partition => !partition.IsLost && !partition.Pump.IsCompleted).Select(async partition =>
        {
            if (await ownerships.ClaimAsync(partition.Ownership, self, CancellationToken.None) is { } renewed)
                partition.Renewed(renewed, asked);
            else
                partition.Lose();
        }));
    }

    private async Task ClaimAsync(string[] partitions, CancellationToken stopping, CancellationToken abort)
    {
        // What is ours by the books but not here was claimed or given up by a call whose answer was lost: free to take.
        var known = (await ownerships.ListAsync(stopping))
            .Select(ownership => ownership.Owner == self && !owned.ContainsKey(ownership.PartitionId) ? ownership with { Owner = "" } : ownership)
            .ToDictionary(ownership => ownership.PartitionId);
        // Greedy: does not wait for the next round until it has its share.
        while (LoadBalancer.Choose(partitions, known.Values, self, call.Time.GetUtcNow(), settings.OwnershipExpiry, Random.Shared) is { } choice)
        {
            // The pump of an earlier ownership still winds down: two at once would process the same events twice.
            if (owned.ContainsKey(choice.PartitionId))
                return;
            var asked = call.Time.GetUtcNow();
            if (await ownerships.ClaimAsync(choice, self, stopping) is not { } claimed)
                return;
            known[claimed.PartitionId] = claimed;
            var pump = new PartitionPump(hub, checkpoints, call, settings, batched, claimed.PartitionId);
            owned.Add(claimed.PartitionId, new(
                claimed, asked, settings.OwnershipExpiry, call.Time, lost => Task.Run(() => pump.RunAsync(stopping, lost), CancellationToken.None), abort));
            HostLog.PartitionClaimed(call.Logger, hub.Name, claimed.PartitionId);
        }
    }

    private async Task PauseAsync(IEnumerable<Task> pumps, CancellationToken stopping)
    {
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(stopping.IsCancellationRequested ? CancellationToken.None : stopping);
        var pause = Task.Delay(settings.BalanceInterval, call.Time, awake.Token);
        await Task.WhenAny([pause, .. pumps]);
        await awake.CancelAsync();
    }
}
