using System.Security.Cryptography;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>Content as it came, with the digest it really has.</summary>
internal readonly record struct HashedContent(ReadOnlyMemory<byte> Bytes, string Digest)
{
    /// <summary>Stops within a chunk of the limit, whatever length was promised.</summary>
    /// <exception cref="RegistryContentException">There is more.</exception>
    public static async Task<HashedContent> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (bytes.Length + read > maxBytes)
                throw new RegistryContentException($"The registry sent more than {maxBytes} bytes.");
            bytes.Write(chunk, 0, read);
        }

        var content = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        return new(content, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content.Span))}");
    }
}
