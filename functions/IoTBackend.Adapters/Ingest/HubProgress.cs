using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <param name="AskedAt">Before the hub was asked: all it took earlier is counted in.</param>
/// <param name="LastEnqueued">Sequence number of the newest event; -1 = none yet.</param>
/// <param name="Processed">Sequence number up to which ProcessTelemetry has checkpointed; -1 = nothing yet.</param>
public readonly record struct PartitionProgress(int Partition, DateTimeOffset AskedAt, long LastEnqueued, long Processed)
{
    /// <summary>Events that wait.</summary>
    public long Lag => Math.Max(0, LastEnqueued - Processed);

    /// <summary>The hub has lost events, or was made anew: null where it has not.</summary>
    public string? Error => Processed > LastEnqueued
        ? $"The processor is at {Processed}, but the hub's newest event is {LastEnqueued}: the hub has lost what it had, and what it takes now is not processed until it passes {Processed}. Restore the hub, or delete the partition's checkpoint."
        : null;
}

/// <summary>
/// How far the hub and its processor are. The processor's place comes from the checkpoints the host keeps, in the SDK's layout:
/// <c>azure-webjobs-eventhub/{namespace}/{hub}/{group}/checkpoint/{partition}</c>, metadata <c>sequencenumber</c>.
/// </summary>
public sealed class HubProgress(EventHubProducerClient producer, BlobServiceClient blobs, TimeProvider time)
{
    private const string CheckpointContainer = "azure-webjobs-eventhub";

    private readonly BlobContainerClient _checkpoints = blobs.GetBlobContainerClient(CheckpointContainer);

    public async Task<IReadOnlyList<PartitionProgress>> ReadAsync(CancellationToken cancellationToken)
    {
        var askedAt = time.GetUtcNow();
        // Before the hub: what comes in between would put the processor ahead of it.
        var processed = await CheckpointsAsync(cancellationToken);
        PartitionProperties[] partitions;
        try
        {
            var ids = await producer.GetPartitionIdsAsync(cancellationToken);
            partitions = await Task.WhenAll(ids.Select(id => producer.GetPartitionPropertiesAsync(id, cancellationToken)));
        }
        catch (Exception e) when (e is EventHubsException or TimeoutException || Unavailable.IsTransient(e))
        {
            throw new UnavailableException(Unavailable.EventHub, e);
        }

        return [.. partitions
            .Select(p => new PartitionProgress(int.Parse(p.Id, null), askedAt, LastEnqueued(p), processed.GetValueOrDefault(p.Id, -1)))
            .OrderBy(p => p.Partition)];
    }

    /// <summary>A partition is empty before its first event, and again when all have expired; then it still knows its last number.</summary>
    private static long LastEnqueued(PartitionProperties partition) =>
        partition.IsEmpty && partition.LastEnqueuedSequenceNumber <= 0 ? -1 : partition.LastEnqueuedSequenceNumber;

    private async Task<Dictionary<string, long>> CheckpointsAsync(CancellationToken cancellationToken)
    {
        var prefix = $"{producer.FullyQualifiedNamespace}/{EventHubOptions.Hub}/{EventHubOptions.ProcessorGroup}/checkpoint/".ToLowerInvariant();
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        try
        {
            await foreach (var blob in _checkpoints.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken))
            {
                if (blob.Metadata.TryGetValue("sequencenumber", out var text) && long.TryParse(text, out var sequenceNumber))
                    found[blob.Name[prefix.Length..]] = sequenceNumber;
            }
        }
        catch (Azure.RequestFailedException e) when (e.Status == 404)
        {
            // The host makes the container with its first checkpoint.
        }

        return found;
    }
}
