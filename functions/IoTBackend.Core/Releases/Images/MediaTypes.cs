using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Images;

/// <summary>The media types that matter to a release; anything else is not an image.</summary>
public static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerList;

    public static bool IsManifest(string? mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>Configs of images that can run; other artifacts (signatures, reports) have another type here.</summary>
    public static bool IsImageConfig(string? mediaType) => mediaType is OciConfig or DockerConfig;

    /// <summary>
    /// What a manifest is: as the registry's header says, or where that says nothing (a file server's <c>application/json</c>), as the body does.
    /// A body that could be both an index and an image is neither (GHSA-mc8v-mgrf-8f4m).
    /// </summary>
    public static string Of(string? header, ReadOnlyMemory<byte> body)
    {
        var named = header?.Split(';')[0].Trim().ToLowerInvariant() ?? "";
        if (named is not ("" or "application/json" or "application/octet-stream" or "text/plain"))
            return named;
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 32 });
            var (index, image) = (Items(json.RootElement, "manifests") is not null, Items(json.RootElement, "layers") is not null);
            return index == image ? named : Text(json.RootElement, "mediaType") ?? (index ? OciIndex : OciManifest);
        }
        catch (JsonException)
        {
            return named;
        }
    }
}
