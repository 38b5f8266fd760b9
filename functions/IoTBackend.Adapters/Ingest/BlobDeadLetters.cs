using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Dead letters as lines of append blobs in the container <c>dead-letters</c> (<see cref="DeadLetterName"/>): a letter, or
/// <c>{"id","removed":true}</c>. A line that stands there twice, after a redelivery, counts once.
/// </summary>
public sealed class BlobDeadLetters(BlobServiceClient blobs) : IDeadLetters, IDeadLetterBox
{
    public const string Container = "dead-letters";

    /// <summary>While a store is down its batch comes again and again; what was written lately is not written again.</summary>
    private const int MaxRemembered = 10_000;

    private readonly AppendBlobs _appendBlobs = new(blobs.GetBlobContainerClient(Container));
    private readonly DeadLetterBlobs _reading = new(blobs.GetBlobContainerClient(Container));
    private readonly HashSet<(string Id, string Reason)> _written = [];

    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        foreach (var blob in letters.GroupBy(l => (l.Partition, l.Event.SequenceNumber)).Select(ToStored).GroupBy(l => l.Name.Blob, l => l.Letter, StringComparer.Ordinal))
        {
            using var lines = new MemoryStream();
            var fresh = blob.Where(IsNew).ToList();
            foreach (var letter in fresh)
            {
                var line = JsonSerializer.SerializeToUtf8Bytes(letter, WireJson.Options);
                if (lines.Length > 0 && lines.Length + line.Length >= AppendBlobs.MaxBlockBytes)
                {
                    await _appendBlobs.AppendAsync(blob.Key, lines.ToArray(), cancellationToken);
                    lines.SetLength(0);
                }

                lines.Write(line);
                lines.WriteByte((byte)'\n');
            }

            if (lines.Length > 0)
                await _appendBlobs.AppendAsync(blob.Key, lines.ToArray(), cancellationToken);
            Remember(fresh);
        }
    }

    public async Task<DeadLetterPage> ListAsync(int top, string? continuation, CancellationToken cancellationToken)
    {
        var after = continuation is null ? null : DeadLetterName.Parse(continuation);
        var found = new List<StoredLetter>();
        foreach (var folder in (await _appendBlobs.FoldersAsync("", cancellationToken)).OrderDescending(StringComparer.Ordinal))
        {
            if (after is { } day && string.CompareOrdinal(folder, day.Folder) > 0)
                continue;
            foreach (var blob in await NamesAsync(folder, cancellationToken))
            {
                if (after is { } last && string.CompareOrdinal(blob, last.Blob) > 0)
                    continue;
                foreach (var letter in (await _reading.ReadAsync(blob, cancellationToken)).OrderByDescending(Sequence))
                {
                    if (after is { } previous && blob == previous.Blob && Sequence(letter) >= previous.SequenceNumber)
                        continue;
                    if (found.Count == top)
                        return new(found, found[^1].Id);
                    found.Add(letter);
                }
            }
        }

        return new(found, null);
    }

    public async Task<StoredLetter?> FindAsync(string id, CancellationToken cancellationToken) =>
        DeadLetterName.Parse(id) is { } name && name.Id == id ? await _reading.FindAsync(name, cancellationToken) : null;

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        DeadLetterName.Parse(id) is { } name
            ? _appendBlobs.AppendAsync(name.Blob, Encoding.UTF8.GetBytes($$"""{"id":"{{name.Id}}","removed":true}""" + "\n"), cancellationToken)
            : Task.CompletedTask;

    public async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var blob in _appendBlobs.ListAsync(null, cancellationToken))
            count += await _reading.CountAsync(blob.Name, blob.Properties.ContentLength ?? 0, cancellationToken);
        return count;
    }

    private static (DeadLetterName Name, StoredLetter Letter) ToStored(IEnumerable<DeadLetter> ofOneEvent)
    {
        var letters = ofOneEvent.ToList();
        var @event = letters[0].Event;
        var name = DeadLetterName.Of(letters[0].Partition, @event.SequenceNumber, @event.EnqueuedAt);
        return (name, new(name.Id, @event.EnqueuedAt, @event.Sender, string.Join('\n', letters.Select(l => l.Reason)), @event.ContentType,
            @event.ContentEncoding, @event.Event?.Time, letters[0].OthersStored, @event.Body.ToArray()));
    }

    private static long Sequence(StoredLetter letter) => DeadLetterName.Parse(letter.Id)?.SequenceNumber ?? 0;

    private async Task<List<string>> NamesAsync(string folder, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var blob in _appendBlobs.ListAsync(folder, cancellationToken))
            names.Add(blob.Name);
        names.Sort(static (a, b) => string.CompareOrdinal(b, a));
        return names;
    }

    private bool IsNew(StoredLetter letter)
    {
        lock (_written)
            return !_written.Contains((letter.Id, letter.Reason));
    }

    private void Remember(List<StoredLetter> letters)
    {
        lock (_written)
        {
            if (_written.Count + letters.Count > MaxRemembered)
                _written.Clear();
            _written.UnionWith(letters.Select(l => (l.Id, l.Reason)));
        }
    }
}
