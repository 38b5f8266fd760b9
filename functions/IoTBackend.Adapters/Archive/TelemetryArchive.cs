using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Readings;
using Microsoft.Extensions.Options;

namespace IoTBackend.Adapters.Archive;

/// <summary>
/// Every event of the hub as it came, in the blob container <c>archive</c>: <c>{yyyy/MM/dd/HH}/{partition}.ndjson.gz</c>, by the
/// hour of the hub's clock. A batch is appended as a gzip member of its own, which gzip allows, so that an hour is a handful of
/// blobs however often batches come. A redelivered batch may stand there twice: partition and sequence number tell.
/// </summary>
public sealed class TelemetryArchive(BlobServiceClient blobs, IOptions<ArchiveOptions> options, TimeProvider time)
{
    public const string Container = "archive";

    /// <summary>Bytes before compression in one member; compressed they fit into one block in any case.</summary>
    private const int MaxMemberBytes = 3 << 20;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Container);
    private readonly AppendBlobs _appendBlobs = new(blobs.GetBlobContainerClient(Container));

    /// <param name="partition">The hub's partition.</param>
    /// <param name="events">In order.</param>
    /// <param name="cancellationToken">Stops between two appends.</param>
    public async Task AppendAsync(int partition, IReadOnlyList<HubEvent> events, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>(64 << 10);
        for (var i = 0; i < events.Count; i++)
        {
            var blob = NameOf(partition, events[i].EnqueuedAt);
            ArchiveLine.Write(partition, events[i], lines);
            if (i + 1 < events.Count && lines.WrittenCount < MaxMemberBytes && NameOf(partition, events[i + 1].EnqueuedAt) == blob)
                continue;
            await _appendBlobs.AppendAsync(blob, Compress(lines.WrittenSpan), cancellationToken);
            lines.ResetWrittenCount();
        }
    }

    /// <summary>Removes the days that are past their retention.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var oldest = time.GetUtcNow() - options.Value.Kept;
        foreach (var year in await _appendBlobs.FoldersAsync("", cancellationToken))
            foreach (var month in await _appendBlobs.FoldersAsync(year, cancellationToken))
                foreach (var day in await _appendBlobs.FoldersAsync(month, cancellationToken))
                {
                    if (!DateTimeOffset.TryParseExact(day, "yyyy/MM/dd/", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) || date.AddDays(1) > oldest)
                        continue;
                    await foreach (var blob in _appendBlobs.ListAsync(day, cancellationToken))
                        await _container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellationToken);
                }
    }

    /// <summary>The blob of an hour.</summary>
    internal static string NameOf(int partition, DateTimeOffset enqueuedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{enqueuedAt.UtcDateTime:yyyy/MM/dd/HH}/{partition}.ndjson.gz");

    private static byte[] Compress(ReadOnlySpan<byte> lines)
    {
        using var compressed = new MemoryStream(lines.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(lines);
        return compressed.ToArray();
    }
}
