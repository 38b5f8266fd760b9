using System.Globalization;
using Azure;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>How far each partition was processed.</summary>
internal sealed class Checkpoints(BlobContainerClient container, BlobPaths paths)
{
    private const string OffsetKey = "offset";
    private const string SequenceNumberKey = "sequencenumber";

    /// <summary>The place behind the last processed event; null when there is no checkpoint.</summary>
    public async Task<EventPosition?> ReadAsync(string partitionId, CancellationToken cancellationToken)
    {
        try
        {
            var properties = await container.GetBlobClient(paths.Checkpoint + partitionId).GetPropertiesAsync(cancellationToken: cancellationToken);
            var metadata = properties.Value.Metadata;
            // An SDK that knew no offset wrote a placeholder; then the sequence number counts.
            if (metadata.TryGetValue(OffsetKey, out var offset) && offset is not ("" or "no offset"))
                return EventPosition.FromOffset(offset, isInclusive: false);
            return metadata.TryGetValue(SequenceNumberKey, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var number)
                ? EventPosition.FromSequenceNumber(number, isInclusive: false)
                : null;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    public async Task WriteAsync(string partitionId, EventData last, CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(paths.Checkpoint + partitionId);
        var metadata = new Dictionary<string, string>
        {
            [OffsetKey] = last.OffsetString ?? "",
            [SequenceNumberKey] = last.SequenceNumber.ToString(CultureInfo.InvariantCulture),
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
}
