using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <summary>Reads the lines of a blob of dead letters: the last line of an id wins, a removed letter is none.</summary>
internal sealed class DeadLetterLines(BlobContainerClient container)
{
    /// <summary>Its letters, without their bodies.</summary>
    public async Task<IReadOnlyCollection<StoredLetter>> ReadAsync(string blob, CancellationToken cancellationToken)
    {
        var letters = new Dictionary<string, StoredLetter>(StringComparer.Ordinal);
        await ForEachAsync(blob, line =>
        {
            if (line.Removed)
                letters.Remove(line.Id!);
            else
                letters[line.Id!] = line.ToLetter(null);
        }, cancellationToken);
        return letters.Values;
    }

    public async Task<StoredLetter?> FindAsync(DeadLetterName name, CancellationToken cancellationToken)
    {
        DeadLetterLine? found = null;
        await ForEachAsync(name.Blob, line => found = line.Id == name.Id ? line : found, cancellationToken);
        return found is null or { Removed: true } ? null : found.ToLetter(await BodyAsync(name, found, cancellationToken));
    }

    private async Task<byte[]?> BodyAsync(DeadLetterName name, DeadLetterLine line, CancellationToken cancellationToken)
    {
        if (line.Body is not null || line.Length == 0)
            return line.Body ?? [];
        var range = new BlobDownloadOptions { Range = new HttpRange(line.Offset, line.Length) };
        return (await container.GetBlobClient(name.Bodies).DownloadContentAsync(range, cancellationToken)).Value.Content.ToArray();
    }

    private Task ForEachAsync(string blob, Action<DeadLetterLine> take, CancellationToken cancellationToken) =>
        Unavailable.CallAsync(Unavailable.Blobs, async () =>
        {
            try
            {
                // It may grow meanwhile.
                await using var stream = await container.GetBlobClient(blob).OpenReadAsync(new BlobOpenReadOptions(allowModifications: true), cancellationToken);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    if (JsonSerializer.Deserialize<DeadLetterLine>(line, WireJson.Options) is { Id: not null } read)
                        take(read);
                }
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // Past its retention, or never there.
            }
        });
}
