using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases;

/// <summary>Container <c>release-evidence</c>, blob <c>fleet-images</c>: the <see cref="StoredPicture"/> as JSON, about twenty bytes a device.</summary>
public sealed class BlobFleetPictures(BlobServiceClient blobs) : IFleetPictures
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient("release-evidence");

    public Task SaveAsync(StoredPicture picture, CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await Blob.UploadAsync(new BinaryData(JsonSerializer.SerializeToUtf8Bytes(picture, WireJson.Options)), overwrite: true, cancellationToken);
    });

    public Task<StoredPicture?> FindAsync(CancellationToken cancellationToken) => Unavailable.CallAsync(Unavailable.Blobs, async () =>
    {
        try
        {
            var found = await Blob.DownloadContentAsync(cancellationToken);
            return JsonSerializer.Deserialize<StoredPicture>(found.Value.Content.ToMemory().Span, WireJson.Options);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    });

    private BlobClient Blob => _container.GetBlobClient("fleet-images");
}
