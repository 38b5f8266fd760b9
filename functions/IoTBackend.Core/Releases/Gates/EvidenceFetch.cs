using System.Text.Json;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Images;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>One reading of what is attached to one image: counts what it fetches, and says what it could not use.</summary>
internal sealed class EvidenceFetch(IRegistryReader registry, ImageSource source, CancellationToken token)
{
    private const long MaxTotalBytes = 64 * 1024 * 1024;

    private const int MaxArtifacts = 40;

    private long _bytes;
    private int _artifacts;

    /// <summary>What cannot be used now; it may be readable later.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>What is said of the rest once <see cref="MayTakeOneMore"/> is false.</summary>
    public static string TooMany => $"Only {MaxArtifacts} of what is attached was read.";

    public bool MayTakeOneMore() => _artifacts++ < MaxArtifacts;

    public Task<ReferrerList> ListAsync(string subject, string? known) => registry.ListReferrersAsync(source, subject, known, token);

    /// <summary>One document that is broken or too large does not hide the others.</summary>
    /// <param name="what">Its digest.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="broken">Is told what is wrong with it for good.</param>
    public async Task TryAsync(string what, Func<Task> read, Action<string> broken)
    {
        try
        {
            await read();
        }
        catch (UnusableException e)
        {
            broken($"{what}: {e.Message}");
        }
        catch (DenseJsonException e)
        {
            broken($"{what}: {e.Message}.");
        }
        catch (JsonException)
        {
            broken($"{what}: not JSON.");
        }
        catch (RegistryContentException e)
        {
            Faults.Add($"{what}: {e.Message}");
        }
    }

    public async Task<JsonDocument> ManifestAsync(string digest) =>
        JsonDocument.Parse(
            (await registry.ReadManifestAsync(source, digest, token) ?? throw new RegistryContentException("the registry does not have it")).Bytes,
            new JsonDocumentOptions { MaxDepth = 32 });

    /// <summary>What the tag names; null = there is no such tag.</summary>
    public async Task<string?> LookAsync(string tag) => (await registry.LookAsync(source, tag, null, token)).Digest;

    /// <summary>A part that a manifest names, of the size it names.</summary>
    public async Task<ReadOnlyMemory<byte>> BlobAsync(JsonElement layer, int maxBytes)
    {
        if (Text(layer, "digest") is not { } digest || !OciNames.IsDigest(digest))
            throw new UnusableException("a part without a digest");
        if (Number(layer, "size") is { } size && size > maxBytes)
            throw new UnusableException($"{size} bytes, more than the {maxBytes} that are read");
        if (_bytes > MaxTotalBytes)
            throw new RegistryContentException($"more than {MaxTotalBytes} bytes are attached");
        var content = await registry.ReadBlobAsync(source, digest, maxBytes, token) ?? throw new RegistryContentException("the registry does not have it");
        _bytes += content.Length;
        return content;
    }

    /// <summary>The digest covers what is wrong with it.</summary>
    internal sealed class UnusableException(string message) : Exception(message);
}
