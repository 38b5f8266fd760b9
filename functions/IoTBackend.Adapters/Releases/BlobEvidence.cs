using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases;

/// <summary>
/// Container <c>release-evidence</c>: evidence that operators sent, blob = <c>{release id}/{hex of the document's digest}</c>; what is known to be inside
/// a release, blob = <c>contents/{release id}</c>, the <see cref="ReleaseContents"/> as JSON. Of the latter what was read is kept in memory, by its ETag.
/// </summary>
public sealed class BlobEvidence(BlobServiceClient blobs) : IEvidenceStore
{
    private const int Most = 20;
    private const string Contents = "contents/";
    private const int ReadAtOnce = 16;

    /// <summary>Bytes of contents that are kept, as they are stored; in memory they take about three times that.</summary>
    private const long MostKept = 32 * 1024 * 1024;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient("release-evidence");
    private readonly ConcurrentDictionary<string, (string? Tag, ReleaseContents Contents, long Bytes)> _kept = new(StringComparer.Ordinal);

    public Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken) =>
        UploadAsync($"{releaseId}/{evidence.Digest["sha256:".Length..]}", evidence.Content, cancellationToken);

    public Task<IReadOnlyList<string>> ListSentAsync(string releaseId, CancellationToken cancellationToken) => Unavailable.CallAsync<IReadOnlyList<string>>(Unavailable.Blobs, async () =>
    {
        var sent = await ListBlobsAsync($"{releaseId}/", cancellationToken);
        return [.. sent.OrderByDescending(b => b.Properties.LastModified).Take(Most).Select(b => $"sha256:{b.Name.Split('/')[^1]}")];
    });

    public Task<ReadOnlyMemory<byte>?> FindSentAsync(string releaseId, string digest, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
        await DownloadAsync($"{releaseId}/{digest["sha256:".Length..]}", cancellationToken) is { } found ? found.Content.ToMemory() : (ReadOnlyMemory<byte>?)null);

    public Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken) =>
        UploadAsync(Contents + releaseId, JsonSerializer.SerializeToUtf8Bytes(contents, WireJson.Options), cancellationToken);

    public Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
        await DownloadAsync(Contents + releaseId, cancellationToken) is { } found ? Read(found) : null);

    public async IAsyncEnumerable<KeyValuePair<string, ReleaseContents>> ListAsync(Predicate<string> releaseId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = await Unavailable.CallAsync(Unavailable.Blobs, () => ListBlobsAsync(Contents, cancellationToken));
        foreach (var piece in all.Where(blob => releaseId(blob.Name[Contents.Length..])).Chunk(ReadAtOnce))
        {
            foreach (var (id, contents) in await Task.WhenAll(piece.Select(blob => ReadAsync(blob, cancellationToken))))
            {
                if (contents is not null)
                    yield return new(id, contents);
            }
        }
    }

    private async Task<(string Id, ReleaseContents? Contents)> ReadAsync(BlobItem blob, CancellationToken cancellationToken)
    {
        var id = blob.Name[Contents.Length..];
        if (_kept.TryGetValue(id, out var kept) && kept.Tag == TagOf(blob.Properties.ETag))
            return (id, kept.Contents);
        _kept.TryRemove(id, out _);
        if (await Unavailable.CallAsync(Unavailable.Blobs, () => DownloadAsync(blob.Name, cancellationToken)) is not { } found)
            return (id, null);
        var contents = Read(found);
        if (_kept.Values.Sum(k => k.Bytes) + found.Details.ContentLength <= MostKept)
            _kept[id] = (TagOf(found.Details.ETag), contents, found.Details.ContentLength);
        return (id, contents);
    }

    /// <summary>Lists have it without the quotes.</summary>
    private static string? TagOf(ETag? tag) => tag?.ToString().Trim('"');

    private static ReleaseContents Read(BlobDownloadResult found) =>
        JsonSerializer.Deserialize<ReleaseContents>(found.Content.ToMemory().Span, WireJson.Options) ?? ReleaseContents.Nothing;

    private Task UploadAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _container.GetBlobClient(name).UploadAsync(new BinaryData(content), overwrite: true, cancellationToken);
    });

    private async Task<IReadOnlyList<BlobItem>> ListBlobsAsync(string prefix, CancellationToken cancellationToken)
    {
        try
        {
            return await _container.GetBlobsAsync(new() { Prefix = prefix }, cancellationToken).ToListAsync(cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return [];
        }
    }

    private async Task<BlobDownloadResult?> DownloadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await _container.GetBlobClient(name).DownloadContentAsync(cancellationToken)).Value;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }
}
