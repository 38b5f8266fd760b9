using System.Text.Json;
using Azure.Storage.Blobs;
using IoTBackend.Core;
using IoTBackend.Core.Telemetry;

namespace IoTBackend.Adapters.EventHubs;

/// <summary>
/// Dead letters as NDJSON in the blob container <c>dead-letters</c>, one blob per batch that had any:
/// <c>{yyyy-MM-dd}/{partition}-{sequence number of the first, 19 digits}.ndjson</c>. A redelivered batch writes the same name.
/// </summary>
public sealed class BlobDeadLetters(BlobServiceClient blobs) : IDeadLetters
{
    public const string Container = "dead-letters";

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Container);
    private volatile bool _made;

    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        using var lines = new MemoryStream();
        foreach (var (partition, @event, reason) in letters)
        {
            JsonSerializer.Serialize(lines, new StoredLetter(
                $"{partition}-{@event.SequenceNumber}", @event.EnqueuedAt, @event.Sender, reason, @event.ContentType, @event.Body.ToArray()), WireJson.Options);
            lines.WriteByte((byte)'\n');
        }

        var first = letters[0];
        var name = $"{first.Event.EnqueuedAt:yyyy-MM-dd}/{first.Partition}-{first.Event.SequenceNumber:D19}.ndjson";
        await Unavailable.CallAsync(Unavailable.Blobs, async () =>
        {
            if (!_made)
                await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            _made = true;
            lines.Position = 0;
            await _container.GetBlobClient(name).UploadAsync(lines, overwrite: true, cancellationToken);
        });
    }

    internal sealed record StoredLetter(string Id, DateTimeOffset EnqueuedAt, string? DeviceId, string Reason, string? ContentType, byte[] Body);
}
