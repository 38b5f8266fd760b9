using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Images;

/// <summary>Something that says of itself that it belongs to an image.</summary>
/// <param name="ArtifactType">Null = its manifest has to be looked at.</param>
public sealed record Referrer(string Digest, string? ArtifactType)
{
    /// <summary>Read of one list; each costs two requests or more.</summary>
    public const int Most = 200;

    /// <summary>An index of them (distribution-spec, "Listing Referrers"), or the tag that stands in for it. Anything else is none.</summary>
    public static IReadOnlyList<Referrer> Parse(Manifest list, string subject)
    {
        if (!MediaTypes.IsIndex(list.MediaType) || list.Digest == subject)
            return [];
        try
        {
            using var json = JsonDocument.Parse(list.Bytes, new JsonDocumentOptions { MaxDepth = 32 });
            return [.. (Items(json.RootElement, "manifests") ?? [])
                .Where(m => OciNames.IsDigest(Text(m, "digest")) && MediaTypes.IsManifest(Text(m, "mediaType")))
                .Select(m => new Referrer(Text(m, "digest")!, Text(m, "artifactType")))
                .DistinctBy(r => r.Digest).Take(Most)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>The tag that holds the list where a registry has no API for it.</summary>
    public static string FallbackTag(string digest) => digest.Replace(':', '-');

    /// <summary>The image that something filed under a tag of ours or of cosign's (<c>.sig</c>, <c>.att</c>, <c>.sbom</c>) belongs to; null = no such tag.</summary>
    public static string? SubjectOf(string tag) => OciNames.IsReferrerTag(tag) ? $"sha256:{tag.AsSpan("sha256-".Length, 64)}" : null;
}

/// <summary>What belongs to an image, and how to ask whether that is still so.</summary>
/// <param name="Version">To be shown when it is asked for again; means something to the reader only.</param>
/// <param name="Items">Empty where it is <paramref name="Unchanged"/>.</param>
/// <param name="Unchanged">Still the version that was shown.</param>
public sealed record ReferrerList(string Version, IReadOnlyList<Referrer> Items, bool Unchanged = false)
{
    public static readonly ReferrerList None = new("none", []);
}
