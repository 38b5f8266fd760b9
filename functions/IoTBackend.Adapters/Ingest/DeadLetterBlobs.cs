using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <summary>Reads the lines of dead-letter blobs: the last line of an id wins, a removed letter is none.</summary>
internal sealed class DeadLetterBlobs(BlobContainerClient container)
{
    private readonly ConcurrentDictionary<string, (long Length, int Count)> _counts = new(StringComparer.Ordinal);

    /// <summary>Its letters, without their bodies.</summary>
    public async Task<IReadOnlyCollection<StoredLetter>> ReadAsync(string blob, CancellationToken cancellationToken)
    {
        var letters = new Dictionary<string, StoredLetter>(StringComparer.Ordinal);
        await ForEachLineAsync(blob, line =>
        {
            if (JsonSerializer.Deserialize<Line>(line, WireJson.Options) is not { Id: { } id } read)
                return;
            if (read.Removed)
                letters.Remove(id);
            else
                letters[id] = new(id, read.EnqueuedAt, read.DeviceId, read.Reason ?? "", read.ContentType, read.ContentEncoding, read.EventTime, read.OthersStored, null);
        }, cancellationToken);
        return letters.Values;
    }

    public async Task<StoredLetter?> FindAsync(DeadLetterName name, CancellationToken cancellationToken)
    {
        StoredLetter? found = null;
        // How every line of the letter begins, be it the letter or its removal.
        var beginning = $$"""{"id":"{{name.Id}}",""";
        await ForEachLineAsync(name.Blob, line =>
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                found = JsonSerializer.Deserialize<Line>(line, WireJson.Options) is { Removed: false } ? JsonSerializer.Deserialize<StoredLetter>(line, WireJson.Options) : null;
        }, cancellationToken);
        return found;
    }

    /// <summary>Its letters' number; the blob is read only when it has grown since it was last counted.</summary>
    public async Task<int> CountAsync(string blob, long length, CancellationToken cancellationToken)
    {
        if (_counts.TryGetValue(blob, out var known) && known.Length == length)
            return known.Count;
        var count = (await ReadAsync(blob, cancellationToken)).Count;
        _counts[blob] = (length, count);
        return count;
    }

    private Task ForEachLineAsync(string blob, Action<string> take, CancellationToken cancellationToken) =>
        Unavailable.CallAsync(Unavailable.Blobs, async () =>
        {
            try
            {
                await using var stream = await container.GetBlobClient(blob).OpenReadAsync(cancellationToken: cancellationToken);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                    take(line);
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // Past its retention, or never there.
            }
        });

    private sealed record Line
    {
        public string? Id { get; init; }

        public bool Removed { get; init; }

        public DateTimeOffset EnqueuedAt { get; init; }

        public string? DeviceId { get; init; }

        public string? Reason { get; init; }

        public string? ContentType { get; init; }

        public string? ContentEncoding { get; init; }

        public string? EventTime { get; init; }

        public bool OthersStored { get; init; }
    }
}
