using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Ingest;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// Dead letters in the container <c>dead-letters</c> (<see cref="DeadLetterName"/>): their bodies, one after the other, in one
/// append blob, and beside it a line of JSON for each with everything else and the place of its body, or
/// <c>{"id","removed":true}</c>. A letter that stands there twice, after a redelivery, counts once. Which of its thousand there are is
/// kept as bits in the blob's metadata (<see cref="DeadLetterBits"/>), so that they are counted by a listing.
/// </summary>
public sealed class BlobDeadLetters(BlobServiceClient blobs) : IDeadLetters, IDeadLetterBox
{
    public const string Container = "dead-letters";

    /// <summary>While a store is down its batch comes again and again; what was written lately is not written again.</summary>
    private const int MaxRemembered = 10_000;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Container);
    private readonly AppendBlobs _appendBlobs = new(blobs.GetBlobContainerClient(Container));
    private readonly DeadLetterLines _lines = new(blobs.GetBlobContainerClient(Container));
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>Letters that are looked at for one page, whatever reason is asked for: some MB of lines.</summary>
    internal int MaxLooked { get; init; } = 10_000;

    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        foreach (var blob in letters.Select(l => (Name: DeadLetterName.Of(l.Partition, l.Event.SequenceNumber, l.Event.EnqueuedAt), Letter: l))
            .Where(l => IsNew(l.Name.Id)).GroupBy(l => l.Name.Blob, StringComparer.Ordinal))
        {
            await AddAsync([.. blob], cancellationToken);
            await DeadLetterBits.SetAsync(_container.GetAppendBlobClient(blob.Key), blob.Select(l => l.Name), true, cancellationToken);
            Remember(blob.Select(l => l.Name.Id));
        }
    }

    public async Task<DeadLetterPage> ListAsync(int top, string? continuation, string? reason, CancellationToken cancellationToken)
    {
        var after = continuation is null ? null : DeadLetterName.Parse(continuation);
        var found = new List<StoredLetter>();
        var (looked, lastId) = (0, default(string));
        foreach (var folder in (await _appendBlobs.FoldersAsync("", cancellationToken)).OrderDescending(StringComparer.Ordinal))
        {
            if (after is { } day && string.CompareOrdinal(folder, day.Folder) > 0)
                continue;
            foreach (var blob in await NamesAsync(folder, cancellationToken))
            {
                if (after is { } last && string.CompareOrdinal(blob, last.Blob) > 0)
                    continue;
                foreach (var letter in (await _lines.ReadAsync(blob, cancellationToken)).OrderByDescending(Sequence))
                {
                    if (after is { } previous && blob == previous.Blob && Sequence(letter) >= previous.SequenceNumber)
                        continue;
                    if (looked++ == MaxLooked)
                        return new(found, lastId);
                    lastId = letter.Id;
                    if (reason is not null && !letter.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase))
                        continue;
                    if (found.Count == top)
                        return new(found, found[^1].Id);
                    found.Add(letter);
                }
            }
        }

        return new(found, null);
    }

    public async Task<StoredLetter?> FindAsync(string id, CancellationToken cancellationToken) => (await FindAsync([id], cancellationToken)).SingleOrDefault();

    public async Task<IReadOnlyList<StoredLetter>> FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var found = new List<StoredLetter>();
        foreach (var blob in NamesOf(ids))
            found.AddRange(await _lines.FindAsync([.. blob], cancellationToken));
        return found;
    }

    public async Task RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        foreach (var blob in NamesOf(ids))
        {
            await _appendBlobs.AppendAsync(blob.Key, blob.SelectMany(name => DeadLetterLine.Removal(name)).ToArray(), cancellationToken);
            await DeadLetterBits.SetAsync(_container.GetAppendBlobClient(blob.Key), blob, false, cancellationToken);
        }
    }

    public async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var blob in _appendBlobs.ListAsync(null, cancellationToken, BlobTraits.Metadata))
            count += DeadLetterBits.Count(blob.Metadata);
        return count;
    }

    /// <summary>A block of bodies at a time, then their lines: nothing is named before it is there.</summary>
    private async Task AddAsync(List<(DeadLetterName Name, DeadLetter Letter)> letters, CancellationToken cancellationToken)
    {
        for (var start = 0; start < letters.Count;)
        {
            var (end, size) = (start, 0);
            do
                size += letters[end++].Letter.Event.Body.Length;
            while (end < letters.Count && size + letters[end].Letter.Event.Body.Length <= AppendBlobs.MaxBlockBytes);
            var part = letters[start..end];
            var offset = size == 0 ? 0 : await _appendBlobs.AppendAsync(part[0].Name.Bodies, Join(part, size), cancellationToken);
            using var lines = new MemoryStream();
            foreach (var (name, letter) in part)
            {
                DeadLetterLine.Of(name, letter, offset).WriteTo(lines);
                offset += letter.Event.Body.Length;
            }

            await _appendBlobs.AppendAsync(part[0].Name.Blob, lines.GetBuffer().AsMemory(0, (int)lines.Length), cancellationToken);
            start = end;
        }
    }

    private static byte[] Join(List<(DeadLetterName Name, DeadLetter Letter)> part, int size)
    {
        var (joined, at) = (new byte[size], 0);
        foreach (var (_, letter) in part)
        {
            letter.Event.Body.CopyTo(joined.AsMemory(at));
            at += letter.Event.Body.Length;
        }

        return joined;
    }

    private static IEnumerable<IGrouping<string, DeadLetterName>> NamesOf(IEnumerable<string> ids) =>
        ids.Select(id => (Id: id, Name: DeadLetterName.Parse(id))).Where(l => l.Name?.Id == l.Id).Select(l => l.Name!.Value).GroupBy(n => n.Blob, StringComparer.Ordinal);

    private static long Sequence(StoredLetter letter) => DeadLetterName.Parse(letter.Id)?.SequenceNumber ?? 0;

    private async Task<List<string>> NamesAsync(string folder, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var blob in _appendBlobs.ListAsync(folder, cancellationToken, BlobTraits.Metadata))
        {
            if (DeadLetterBits.Count(blob.Metadata) > 0)
                names.Add(blob.Name);
        }

        names.Sort(static (a, b) => string.CompareOrdinal(b, a));
        return names;
    }

    private bool IsNew(string id)
    {
        lock (_written)
            return !_written.Contains(id);
    }

    private void Remember(IEnumerable<string> ids)
    {
        lock (_written)
        {
            if (_written.Count > MaxRemembered)
                _written.Clear();
            _written.UnionWith(ids);
        }
    }
}
