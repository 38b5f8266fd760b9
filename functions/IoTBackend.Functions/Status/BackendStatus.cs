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
    public async Task<StatusReport> ReadAsync(CancellationToken cancellationToken) =>
        new([.. (await progress.ReadAsync(cancellationToken)).Select(p => new PartitionStatus(p.Partition, p.LastEnqueued, p.Processed, p.Lag, p.Error))],
            await QueuesAsync(cancellationToken),
            await deadLetters.CountAsync(cancellationToken));

    private async Task<SortedDictionary<string, int>> QueuesAsync(CancellationToken cancellationToken)
    {
        var lengths = new SortedDictionary<string, int>(StringComparer.Ordinal);
        await foreach (var queue in queues.GetQueuesAsync(cancellationToken: cancellationToken))
        {
            var properties = await queues.GetQueueClient(queue.Name).GetPropertiesAsync(cancellationToken);
            lengths[queue.Name] = properties.Value.ApproximateMessagesCount;
        }

        return lengths;
    }
}
