using Azure;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Gates;

namespace IoTBackend.Adapters.Releases;

/// <summary>Evidence that operators sent. Container <c>release-evidence</c>, blob = <c>{release id}/{hex of the document's digest}</c>.</summary>
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
}
