using System.Text.Json;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Images;

/// <summary>Follows an index to its manifests and their configs (image-spec, image-index.md and config.md).</summary>
public sealed class ImageReader(IRegistryReader registry, TimeProvider time)
{
    /// <summary>Manifests of one image, those of an index in its index included; no real image has more platforms, and each costs two requests.</summary>
    private const int MaxEntries = 64;

    /// <summary>Bytes; configs are a few kilobytes, with long histories a few hundred.</summary>
    private const int MaxConfigBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of all manifests and configs of one image.</summary>
    private const int MaxTotalBytes = 16 * 1024 * 1024;

    /// <summary>For all of one image.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Kept per platform; images have about ten, engines allow 127.</summary>
    private const int MaxLayers = 40;

    /// <summary>
    /// A child that is missing or malformed makes only its platform unavailable; a manifest that is no image has no platform, nor has one that is more
    /// than can be read.
    /// </summary>
    public async Task<Image> ReadAsync(ImageSource source, Manifest manifest, CancellationToken cancellationToken)
    {
        var found = new Found();
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await CollectAsync(source, manifest, depth: 0, claimed: default, found, either.Token);
        }
        catch (RegistryContentException e)
        {
            found.Unusable.Add(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            found = Found.Nothing($"It could not be read within {Patience.TotalSeconds:0} seconds.");
        }
        catch (TooMuchException e)
        {
            found = Found.Nothing(e.Message);
        }

        return new(manifest.Digest, manifest.MediaType, [.. found.Platforms.Values], found.Unusable, found.Contradictions);
    }

    private async Task CollectAsync(
        ImageSource source, Manifest manifest, int depth, JsonElement? claimed, Found found, CancellationToken cancellationToken)
    {
        using var json = Parse(manifest);
        if (!MediaTypes.IsIndex(manifest.MediaType))
        {
            await AddPlatformAsync(source, manifest, json.RootElement, claimed, found, cancellationToken);
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
                found.CountOne();
                if (!OciNames.IsDigest(digest) || await registry.ReadManifestAsync(source, digest!, cancellationToken) is not { } child)
                    throw new RegistryContentException("The registry does not have it.");
                found.Count(child.Bytes);
                if (MediaTypes.IsIndex(child.MediaType) && depth > 0)
                    throw new RegistryContentException("An index in an index in an index.");
                await CollectAsync(source, child, depth + 1, Object(entry, "platform"), found, cancellationToken);
            }
            catch (RegistryContentException e)
            {
                found.Unusable.Add($"{(OciNames.IsDigest(digest) ? digest : "an entry without a digest")}: {e.Message}");
            }
        }
    }

    private async Task AddPlatformAsync(
        ImageSource source, Manifest manifest, JsonElement root, JsonElement? claimed, Found found, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsManifest(manifest.MediaType))
            throw new RegistryContentException("Not an image's manifest.");
        var config = Object(root, "config");
        if (!MediaTypes.IsImageConfig(Text(config, "mediaType")) || Text(config, "digest") is not { } digest || !OciNames.IsDigest(digest))
            throw new RegistryContentException($"Not an image that runs, but {KindOf(root, config)}.");
        var bytes = await registry.ReadBlobAsync(source, digest, MaxConfigBytes, cancellationToken)
            ?? throw new RegistryContentException("Its config is missing.");
        found.Count(bytes);

        using var json = Parse(bytes);
        var (platform, contradiction) = PlatformClaim.Settle(json.RootElement, claimed);
        if (!platform.IsKnown)
            throw new RegistryContentException("Neither its config nor the index names its platform.");
        if (contradiction is not null)
            found.Contradictions.Add($"{manifest.Digest}: {contradiction}");
        var asks = Known(Privileges.Of(Object(json.RootElement, "config")));
        var image = new PlatformImage(platform.ToString(), manifest.Digest, SizeOf(root), LayersOf(root), asks);
        found.Asks = Known(Privileges.And(found.Asks, asks));
        // "If multiple manifests match, the first SHOULD be used."
        if (!found.Platforms.TryAdd(image.Platform, image) && found.Platforms[image.Platform].Digest != image.Digest)
            found.Contradictions.Add($"{manifest.Digest}: a second image for {image.Platform}; the first counts.");
    }

    private static Privileges Known(Result<Privileges> asks) => asks.Value ?? throw new RegistryContentException(asks.Reason!);

    private static string KindOf(JsonElement manifest, JsonElement? config) =>
        (Text(manifest, "artifactType") ?? Text(config, "mediaType")) is { Length: > 0 and <= 100 } kind ? kind : "something that names no kind";

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

    private static List<string>? LayersOf(JsonElement manifest)
    {
        var layers = (Items(manifest, "layers") ?? []).DistinctBy(l => Text(l, "digest")).ToList();
        return layers.Count > MaxLayers ? null
            : [.. layers.Where(l => OciNames.IsDigest(Text(l, "digest"))).Select(l => $"{Text(l, "digest")!.AsSpan("sha256:".Length, 16)}:{Number(l, "size")}")];
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

    private sealed class Found
    {
        private int _manifests;
        private long _bytes;

        public OrderedDictionary<string, PlatformImage> Platforms { get; } = [];

        /// <summary>All platforms together.</summary>
        public Privileges Asks { get; set; } = new();

        public List<string> Unusable { get; } = [];

        public List<string> Contradictions { get; } = [];

        public static Found Nothing(string reason) => new() { Unusable = { reason } };

        /// <exception cref="TooMuchException">One more is too many.</exception>
        public void CountOne()
        {
            if (++_manifests > MaxEntries)
                throw new TooMuchException($"It has more than {MaxEntries} manifests.");
        }

        /// <exception cref="TooMuchException">They are too many.</exception>
        public void Count(ReadOnlyMemory<byte> bytes)
        {
            if ((_bytes += bytes.Length) > MaxTotalBytes)
                throw new TooMuchException($"Its manifests and configs have more than {MaxTotalBytes} bytes.");
        }
    }

    /// <summary>Not about one platform: about the whole image.</summary>
    private sealed class TooMuchException(string message) : Exception(message);
}
