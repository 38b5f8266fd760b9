using System.Numerics;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace IoTBackend.Adapters.Ingest;

/// <summary>Metadata <c>letters</c> of a blob of dead letters: Base64 of a bit for each sequence number of its thousand, set where there is a letter.</summary>
internal static class DeadLetterBits
{
    private const string Name = "letters";

    public static int Count(IDictionary<string, string>? metadata)
    {
        var count = 0;
        foreach (var some in Read(metadata))
            count += BitOperations.PopCount(some);
        return count;
    }

    /// <summary>Each letter's bit, whatever others write meanwhile.</summary>
    public static async Task SetAsync(AppendBlobClient blob, IEnumerable<DeadLetterName> letters, bool isThere, CancellationToken cancellationToken)
    {
        while (true)
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            var bits = Read(properties.Metadata);
            foreach (var letter in letters)
            {
                var (at, bit) = (letter.InBlob / 8, (byte)(1 << (letter.InBlob % 8)));
                bits[at] = (byte)(isThere ? bits[at] | bit : bits[at] & ~bit);
            }

            try
            {
                var metadata = new Dictionary<string, string>(properties.Metadata) { [Name] = Convert.ToBase64String(bits) };
                await blob.SetMetadataAsync(metadata, new BlobRequestConditions { IfMatch = properties.ETag }, cancellationToken);
                return;
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // Somebody else appended or removed one.
            }
        }
    }

    private static byte[] Read(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(Name, out var text) ? Convert.FromBase64String(text) : new byte[DeadLetterName.LettersPerBlob / 8];
}
