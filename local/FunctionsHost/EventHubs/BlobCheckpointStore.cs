using System.Globalization;
using Azure;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace IoTBackend.FunctionsHost.EventHubs;

/// <summary>
/// Who owns each partition and how far it was processed, in the SDK's own blob layout, so that its processors, Azure's host and this one
/// share one state: empty blobs with their state in metadata, <c>{namespace}/{hub}/{group}/ownership/{partition} {ownerid}</c> and
/// <c>.../checkpoint/{partition} {offset, sequencenumber, clientidentifier}</c>, lower-cased but for the partition.
/// </summary>
internal sealed class BlobCheckpointStore(BlobContainerClient container) : CheckpointStore
{
    /// <summary>Of the Functions extension.</summary>
    public const string Container = "azure-webjobs-eventhub";

    private const string Owner = "ownerid";
    private const string Offset = "offset";
    private const string SequenceNumber = "sequencenumber";
    private const string Client = "clientidentifier";

    public override async Task<IEnumerable<EventProcessorPartitionOwnership>> ListOwnershipAsync(
        string fullyQualifiedNamespace, string eventHubName, string consumerGroup, CancellationToken cancellationToken)
    {
        var prefix = Path(fullyQualifiedNamespace, eventHubName, consumerGroup, "ownership", "");
        var found = new List<EventProcessorPartitionOwnership>();
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken))
            found.Add(new()
            {
                FullyQualifiedNamespace = fullyQualifiedNamespace,
                EventHubName = eventHubName,
                ConsumerGroup = consumerGroup,
                PartitionId = blob.Name[prefix.Length..],
                OwnerIdentifier = blob.Metadata.TryGetValue(Owner, out var owner) ? owner : "",
                LastModifiedTime = blob.Properties.LastModified ?? default,
                Version = blob.Properties.ETag.ToString(),
            });
        return found;
    }

    /// <summary>Takes, renews or gives up (empty owner) partitions by compare-and-swap; those that somebody else changed meanwhile are left out.</summary>
    public override async Task<IEnumerable<EventProcessorPartitionOwnership>> ClaimOwnershipAsync(
        IEnumerable<EventProcessorPartitionOwnership> desiredOwnership, CancellationToken cancellationToken) =>
        (await Task.WhenAll(desiredOwnership.Select(ClaimAsync))).OfType<EventProcessorPartitionOwnership>();

    public override async Task<EventProcessorCheckpoint> GetCheckpointAsync(
        string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId, CancellationToken cancellationToken)
    {
        try
        {
            var blob = container.GetBlobClient(Path(fullyQualifiedNamespace, eventHubName, consumerGroup, "checkpoint", partitionId));
            var metadata = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value.Metadata;
            return Position(metadata) is not { } position ? null! : new()
            {
                FullyQualifiedNamespace = fullyQualifiedNamespace,
                EventHubName = eventHubName,
                ConsumerGroup = consumerGroup,
                PartitionId = partitionId,
                StartingPosition = position,
                ClientIdentifier = metadata.TryGetValue(Client, out var client) ? client : null,
            };
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null!;
        }
    }

    public override async Task UpdateCheckpointAsync(
        string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId, string clientIdentifier, CheckpointPosition startingPosition,
        CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(Path(fullyQualifiedNamespace, eventHubName, consumerGroup, "checkpoint", partitionId));
        var metadata = new Dictionary<string, string>
        {
            [Offset] = startingPosition.OffsetString ?? "",
            [SequenceNumber] = startingPosition.SequenceNumber.ToString(CultureInfo.InvariantCulture),
            [Client] = clientIdentifier ?? "",
        };
        try
        {
            await blob.SetMetadataAsync(metadata, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Metadata = metadata }, cancellationToken);
        }
    }

    [Obsolete("The SDK's older form.")]
    public override Task UpdateCheckpointAsync(
        string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId, long offset, long? sequenceNumber, CancellationToken cancellationToken) =>
        UpdateCheckpointAsync(
            fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId, "",
            new CheckpointPosition(offset.ToString(CultureInfo.InvariantCulture), sequenceNumber ?? long.MinValue), cancellationToken);

    /// <summary>
    /// Not cancelled half-way: a claim that storage has taken, but that the processor has not heard of, is not given up when it stops, and the
    /// partition stays nobody's until it expires.
    /// </summary>
    private async Task<EventProcessorPartitionOwnership?> ClaimAsync(EventProcessorPartitionOwnership wanted)
    {
        var blob = container.GetBlobClient(Path(wanted.FullyQualifiedNamespace, wanted.EventHubName, wanted.ConsumerGroup, "ownership", wanted.PartitionId));
        var metadata = new Dictionary<string, string> { [Owner] = wanted.OwnerIdentifier };
        try
        {
            if (wanted.Version is { Length: > 0 } version)
            {
                var renewed = (await blob.SetMetadataAsync(metadata, new() { IfMatch = new(version) }, CancellationToken.None)).Value;
                (wanted.Version, wanted.LastModifiedTime) = (renewed.ETag.ToString(), renewed.LastModified);
            }
            else
            {
                var created = (await blob.UploadAsync(
                    BinaryData.Empty, new BlobUploadOptions { Metadata = metadata, Conditions = new() { IfNoneMatch = ETag.All } }, CancellationToken.None)).Value;
                (wanted.Version, wanted.LastModifiedTime) = (created.ETag.ToString(), created.LastModified);
            }
            return wanted;
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412 || lost.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    private static EventPosition? Position(IDictionary<string, string> metadata)
    {
        // An SDK that knew no offset wrote a placeholder; then the sequence number counts.
        if (metadata.TryGetValue(Offset, out var offset) && offset is not ("" or "no offset"))
            return EventPosition.FromOffset(offset, isInclusive: false);
        return metadata.TryGetValue(SequenceNumber, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var number)
            ? EventPosition.FromSequenceNumber(number, isInclusive: false)
            : null;
    }

    private static string Path(string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string kind, string partitionId) =>
        $"{fullyQualifiedNamespace}/{eventHubName}/{consumerGroup}/{kind}/".ToLowerInvariant() + partitionId;
}
