using System.Globalization;
using System.Runtime.InteropServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace IoTBackend.Adapters.Shared;

/// <summary>Blobs that only grow. A call that was cut may have appended all the same: readers must bear the same lines twice.</summary>
internal sealed class AppendBlobs(BlobContainerClient container)
{
    /// <summary>What every version of the service takes in one block.</summary>
    public const int MaxBlockBytes = 4 << 20;

    /// <param name="name">Made where it does not exist, and so is the container.</param>
    /// <param name="block">At most <see cref="MaxBlockBytes"/>; all of it is appended or nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it begins in the blob.</returns>
    public async Task<long> AppendAsync(string name, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        var blob = container.GetAppendBlobClient(name);
        for (var isMade = false; ; isMade = true)
        {
            try
            {
                using var stream = MemoryMarshal.TryGetArray(block, out var array)
                    ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                    : new MemoryStream(block.ToArray(), writable: false);
                var appended = await blob.AppendBlockAsync(stream, cancellationToken: cancellationToken);
                return long.Parse(appended.Value.BlobAppendOffset, CultureInfo.InvariantCulture);
            }
            catch (RequestFailedException e) when (e.Status == 404 && !isMade)
            {
                await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
                await blob.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            }
        }
    }

    /// <summary>Names of the folders right under a prefix, each with its slash; none where the container does not exist.</summary>
    public async Task<List<string>> FoldersAsync(string prefix, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var item in Existing(container.GetBlobsByHierarchyAsync(BlobTraits.None, BlobStates.None, "/", prefix, cancellationToken), cancellationToken))
        {
            if (item.IsPrefix)
                found.Add(item.Prefix);
        }

        return found;
    }

    public IAsyncEnumerable<BlobItem> ListAsync(string? prefix, CancellationToken cancellationToken, BlobTraits traits = BlobTraits.None) =>
        Existing(container.GetBlobsAsync(traits, BlobStates.None, prefix, cancellationToken), cancellationToken);

    private static async IAsyncEnumerable<T> Existing<T>(
        AsyncPageable<T> items, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        where T : notnull
    {
        await using var enumerator = items.GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(enumerator))
            yield return enumerator.Current;
    }

    private static async Task<bool> MoveNextAsync<T>(IAsyncEnumerator<T> enumerator)
    {
        try
        {
            return await enumerator.MoveNextAsync();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }
}
