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

    /// <summary>Letters of one blob with their bodies, of which those that lie together are read together.</summary>
    public async Task<IReadOnlyList<StoredLetter>> FindAsync(IReadOnlyList<DeadLetterName> names, CancellationToken cancellationToken)
    {
        var wanted = names.Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var lines = new Dictionary<string, DeadLetterLine>(StringComparer.Ordinal);
        await ForEachAsync(names[0].Blob, line =>
        {
            if (wanted.Contains(line.Id!))
                lines[line.Id!] = line;
        }, cancellationToken);
        var found = lines.Values.Where(l => !l.Removed).OrderBy(l => l.Offset).ToList();
        var letters = new List<StoredLetter>();
        for (var start = 0; start < found.Count;)
        {
            var end = start + 1;
            while (end < found.Count && found[end].Offset + found[end].Length - found[start].Offset <= AppendBlobs.MaxBlockBytes)
                end++;
            var part = found[start..end];
            var (from, length) = (part[0].Offset, part.Max(l => l.Offset + l.Length) - part[0].Offset);
            var bodies = length == 0 ? [] : await BodiesAsync(names[0].Bodies, from, length, cancellationToken);
            letters.AddRange(part.Select(l => l.ToLetter(l.Body ?? bodies.AsSpan((int)(l.Offset - from), l.Length).ToArray())));
            start = end;
        }

        return letters;
    }

    private async Task<byte[]> BodiesAsync(string blob, long from, long length, CancellationToken cancellationToken)
    {
        var range = new BlobDownloadOptions { Range = new HttpRange(from, length) };
        return (await container.GetBlobClient(blob).DownloadContentAsync(range, cancellationToken)).Value.Content.ToArray();
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
