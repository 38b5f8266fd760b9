using System.Text.Json;
using IoTBackend.Core.Devices;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Images;

/// <summary>Follows an index to its manifests and their configs (image-spec, image-index.md and config.md).</summary>
public sealed class ImageReader(IRegistryReader registry)
{
    /// <summary>Entries read of one index; no real image has more platforms, and each costs two requests.</summary>
    private const int MaxEntries = 64;

    /// <summary>Bytes; configs are a few kilobytes, with long histories a few hundred.</summary>
    private const int MaxConfigBytes = 4 * 1024 * 1024;

    private const int MaxLabels = 256;

    /// <summary>A child that is missing or malformed makes only its platform unavailable.</summary>
    /// <exception cref="RegistryContentException">Nothing in the manifest can be used.</exception>
    public async Task<Image> ReadAsync(ImageSource source, Manifest manifest, CancellationToken cancellationToken)
    {
        List<PlatformImage> platforms = [];
        List<string> unusable = [];
        await CollectAsync(source, manifest, depth: 0, platforms, unusable, cancellationToken);
        // "If multiple manifests match, the first SHOULD be used."
        return new(manifest.Digest, manifest.MediaType, [.. platforms.DistinctBy(p => p.Platform)], unusable);
    }

    private async Task CollectAsync(
        ImageSource source, Manifest manifest, int depth, List<PlatformImage> platforms, List<string> unusable, CancellationToken cancellationToken)
    {
        using var json = Parse(manifest);
        if (!MediaTypes.IsIndex(manifest.MediaType))
        {
            platforms.Add(await ReadPlatformAsync(source, manifest, json.RootElement, cancellationToken));
            return;
        }

        var entries = Items(json.RootElement, "manifests") ?? [];
        if (entries.Count > MaxEntries)
            throw new RegistryContentException($"The index has more than {MaxEntries} entries.");
        foreach (var entry in entries.Where(e => !IsAttestation(e)))
        {
            var digest = Text(entry, "digest");
            try
            {
                if (!OciNames.IsDigest(digest) || await registry.ReadManifestAsync(source, digest!, cancellationToken) is not { } child)
                    throw new RegistryContentException("The registry does not have it.");
                if (MediaTypes.IsIndex(child.MediaType) && depth > 0)
                    throw new RegistryContentException("An index in an index in an index.");
                await CollectAsync(source, child, depth + 1, platforms, unusable, cancellationToken);
            }
            catch (RegistryContentException e)
            {
                unusable.Add($"{(OciNames.IsDigest(digest) ? digest : "an entry without a digest")}: {e.Message}");
            }
        }
    }

    private async Task<PlatformImage> ReadPlatformAsync(ImageSource source, Manifest manifest, JsonElement root, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsManifest(manifest.MediaType))
            throw new RegistryContentException("Not an image's manifest.");
        var config = Object(root, "config");
        if (!MediaTypes.IsImageConfig(Text(config, "mediaType")) || Text(config, "digest") is not { } digest || !OciNames.IsDigest(digest))
            throw new RegistryContentException("Not an image that runs.");
        var bytes = await registry.ReadBlobAsync(source, digest, MaxConfigBytes, cancellationToken)
            ?? throw new RegistryContentException("Its config is missing.");

        using var json = Parse(bytes);
        var platform = Text(json.RootElement, "os") is { } os && Text(json.RootElement, "architecture") is { } architecture
            ? Platform.Normalise(os, architecture, Text(json.RootElement, "variant"))
            : Platform.Unknown;
        return platform.IsKnown
            ? new(platform.ToString(), manifest.Digest, SizeOf(root), Strings(Object(json.RootElement, "config"), "Labels", MaxLabels))
            : throw new RegistryContentException("Its config names no platform.");
    }

    private static long SizeOf(JsonElement manifest)
    {
        long size = 0;
        var parts = (Items(manifest, "layers") ?? []).DistinctBy(l => Text(l, "digest")).Append(Object(manifest, "config") ?? default);
        foreach (var part in parts)
        {
            if (Number(part, "size") is not (>= 0 and var bytes) || bytes > long.MaxValue - size)
                throw new RegistryContentException("Its sizes are not given.");
            size += bytes;
        }

        return size;
    }

    // BuildKit files attestations among the platforms (docs/attestations/attestation-storage.md).
    private static bool IsAttestation(JsonElement entry) =>
        Text(Object(entry, "annotations"), "vnd.docker.reference.type") is not null
        || (Object(entry, "platform") is { } platform && Text(platform, "os") == "unknown" && Text(platform, "architecture") == "unknown");

    private static JsonDocument Parse(Manifest manifest)
    {
        var json = Parse(manifest.Bytes);
        // A body that says it is something else than the registry says could be read in two ways.
        if (Text(json.RootElement, "mediaType") is { } own && own != manifest.MediaType)
        {
            json.Dispose();
            throw new RegistryContentException("The manifest's own media type is not the one the registry names.");
        }

        return json;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException)
        {
            throw new RegistryContentException("Not JSON.");
        }
    }
}
