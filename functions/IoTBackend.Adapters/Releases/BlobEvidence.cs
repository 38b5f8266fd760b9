using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases;

/// <summary>
/// Container <c>release-evidence</c>: evidence that operators sent, blob = <c>{release id}/{hex of the document's digest}</c>; what is known to be inside
/// a release, blob = <c>contents/{release id}</c>, the <see cref="ReleaseContents"/> as JSON.
/// </summary>
public sealed class BlobEvidence(BlobServiceClient blobs) : IEvidenceStore
{
    private const int Most = 20;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient("release-evidence");

    public Task SaveAsync(string releaseId, SentEvidence evidence, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _container.GetBlobClient($"{releaseId}/{evidence.Digest["sha256:".Length..]}").UploadAsync(new BinaryData(evidence.Content), overwrite: true, cancellationToken);
    });

    public Task<IReadOnlyList<SentEvidence>> ListAsync(string releaseId, CancellationToken cancellationToken) => Unavailable.CallAsync<IReadOnlyList<SentEvidence>>(Unavailable.Blobs, async () =>
    {
        var sent = new List<(string Name, DateTimeOffset At)>();
        try
        {
            await foreach (var blob in _container.GetBlobsAsync(new() { Prefix = $"{releaseId}/" }, cancellationToken))
                sent.Add((blob.Name, blob.Properties.LastModified ?? default));
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return [];
        }

        var found = new List<SentEvidence>();
        foreach (var (name, _) in sent.OrderByDescending(s => s.At).Take(Most))
        {
            var content = await _container.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            found.Add(new($"sha256:{name.Split('/')[^1]}", content.Value.Content.ToMemory()));
        }

        return found;
    });

    public Task SaveAsync(string releaseId, ReleaseContents contents, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _container.GetBlobClient($"contents/{releaseId}").UploadAsync(
            new BinaryData(JsonSerializer.SerializeToUtf8Bytes(contents, WireJson.Options)), overwrite: true, cancellationToken);
    });

    public Task<ReleaseContents?> FindAsync(string releaseId, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        try
        {
            var content = await _container.GetBlobClient($"contents/{releaseId}").DownloadContentAsync(cancellationToken);
            return JsonSerializer.Deserialize<ReleaseContents>(content.Value.Content.ToMemory().Span, WireJson.Options);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    });
}
