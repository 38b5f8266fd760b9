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

        var processed = await CheckpointsAsync(cancellationToken);
        return [.. partitions
            .Select(p => new PartitionProgress(
                int.Parse(p.Id, null), askedAt, p.IsEmpty ? -1 : p.LastEnqueuedSequenceNumber, processed.GetValueOrDefault(p.Id, -1)))
            .OrderBy(p => p.Partition)];
    }

    private Task<Dictionary<string, long>> CheckpointsAsync(CancellationToken cancellationToken)
    {
        var prefix = $"{producer.FullyQualifiedNamespace}/{EventHubOptions.Hub}/{EventHubOptions.ProcessorGroup}/checkpoint/".ToLowerInvariant();
        return Unavailable.CallAsync(Unavailable.Blobs, async () =>
        {
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
        });
    }
}
