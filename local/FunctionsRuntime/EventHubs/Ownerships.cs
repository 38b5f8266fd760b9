using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>Who owns a partition since when; an empty owner has let it go.</summary>
internal sealed record Ownership(string PartitionId, string Owner, ETag? Version, DateTimeOffset LastModified);

/// <summary>The owners of a hub's partitions, kept in blobs and changed by compare-and-swap.</summary>
internal sealed class Ownerships(BlobContainerClient container, BlobPaths paths)
{
    private const string OwnerKey = "ownerid";

    public async Task<IReadOnlyList<Ownership>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<Ownership>();
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, paths.Ownership, cancellationToken))
            found.Add(new(
                blob.Name[paths.Ownership.Length..], blob.Metadata.TryGetValue(OwnerKey, out var owner) ? owner : "",
                blob.Properties.ETag, blob.Properties.LastModified ?? default));
        return found;
    }

    /// <summary>Takes, renews or (owner "") gives up a partition; null when somebody else was faster.</summary>
    public async Task<Ownership?> ClaimAsync(Ownership seen, string owner, CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(paths.Ownership + seen.PartitionId);
        var metadata = new Dictionary<string, string> { [OwnerKey] = owner };
        try
        {
            if (seen.Version is { } version)
            {
                var renewed = await blob.SetMetadataAsync(metadata, new() { IfMatch = version }, cancellationToken);
                return seen with { Owner = owner, Version = renewed.Value.ETag, LastModified = renewed.Value.LastModified };
            }
            var created = await blob.UploadAsync(
                BinaryData.Empty, new BlobUploadOptions { Metadata = metadata, Conditions = new() { IfNoneMatch = ETag.All } }, cancellationToken);
            return seen with { Owner = owner, Version = created.Value.ETag, LastModified = created.Value.LastModified };
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412 || lost.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }
}
