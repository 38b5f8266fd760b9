using System.Collections.Concurrent;
using Azure.Storage.Queues;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Ingest;

namespace IoTBackend.Functions.Status;

/// <param name="Partition">The hub's partition.</param>
/// <param name="LastEnqueued">Sequence number of the newest event; -1 = none.</param>
/// <param name="Processed">Sequence number up to which states are stored; -1 = nothing yet.</param>
/// <param name="Lag">Events that wait.</param>
/// <param name="Error">What an operator has to look into; null where all is well.</param>
public sealed record PartitionStatus(int Partition, long LastEnqueued, long Processed, long Lag, string? Error);

/// <param name="Partitions">The telemetry hub and its processor.</param>
/// <param name="DeadLetters">Events that were refused and wait for an operator.</param>
/// <param name="Queues">Messages that wait, approximately, by queue; <c>-poison</c> queues hold what failed for good.</param>
public sealed record StatusReport(IReadOnlyList<PartitionStatus> Partitions, IReadOnlyDictionary<string, int> Queues, int DeadLetters);

/// <summary>What an operator looks at first when something seems late.</summary>
internal sealed class BackendStatus(HubProgress progress, QueueServiceClient queues, IDeadLetterBox deadLetters)
{
    /// <summary>Queues asked for their lengths at once.</summary>
    private const int AtOnce = 8;

    public async Task<StatusReport> ReadAsync(CancellationToken cancellationToken)
    {
        var (partitions, lengths, letters) = (progress.ReadAsync(cancellationToken), QueuesAsync(cancellationToken), deadLetters.CountAsync(cancellationToken));
        await Task.WhenAll(partitions, lengths, letters);
        return new([.. (await partitions).Select(p => new PartitionStatus(p.Partition, p.LastEnqueued, p.Processed, p.Lag, p.Error))], await lengths, await letters);
    }

    private async Task<SortedDictionary<string, int>> QueuesAsync(CancellationToken cancellationToken)
    {
        var lengths = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(queues.GetQueuesAsync(cancellationToken: cancellationToken), parallel, async (queue, cancel) =>
        {
            var properties = await queues.GetQueueClient(queue.Name).GetPropertiesAsync(cancel);
            lengths[queue.Name] = properties.Value.ApproximateMessagesCount;
        });
        return new(lengths, StringComparer.Ordinal);
    }
}
