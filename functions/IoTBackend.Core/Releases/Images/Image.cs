using System.Text.Json.Serialization;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Releases.Images;

/// <summary>What one platform's devices would run.</summary>
/// <param name="Platform">In normal form, as the image's config says; where that is silent, as the index says.</param>
/// <param name="Digest">Of the platform's manifest.</param>
/// <param name="SizeBytes">To transfer: config and layers, each layer once. Unpacked it is larger.</param>
/// <param name="Layers">Begin of each layer's digest and its bytes (<c>0123456789abcdef:1234</c>): what a device that has some of them saves. Null = too many.</param>
/// <param name="Asks">What its containers ask for; not stored here.</param>
public sealed record PlatformImage(
    string Platform,
    string Digest,
    long SizeBytes,
    IReadOnlyList<string>? Layers = null,
    [property: JsonIgnore] Privileges? Asks = null)
{
    /// <summary>Bytes that a device on <paramref name="running"/> really has to fetch.</summary>
    public long BytesAfter(PlatformImage? running)
    {
        if (running?.Layers is not { } has || Layers is null)
            return SizeBytes;
        return SizeBytes - Layers.Intersect(has).Sum(l => long.TryParse(l.AsSpan(l.IndexOf(':', StringComparison.Ordinal) + 1), out var bytes) ? bytes : 0);
    }
}

/// <summary>A pushed image as read back and verified.</summary>
/// <param name="Digest">Of the index, or of the manifest where there is no index: what devices are pinned to.</param>
/// <param name="Unusable">Entries left out, each with the reason; of a manifest that is no image at all, why not.</param>
/// <param name="Contradictions">Where index and config say different things, and which of them counts.</param>
public sealed record Image(
    string Digest, string MediaType, IReadOnlyList<PlatformImage> Platforms, IReadOnlyList<string> Unusable, IReadOnlyList<string> Contradictions);
