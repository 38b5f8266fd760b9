using System.Text.Json;
using IoTBackend.Agent.Updates;
using IoTBackend.Core.Releases.Evidence.Signatures;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Trust;

/// <summary>Signatures where they are filed: under cosign's own tag, and among the image's referrers (by the API for them, or the tag that stands in for it).</summary>
internal sealed class SignatureFinder(RegistryClient registry)
{
    private const int Most = 20;

    /// <summary>Of one manifest, as the backend takes them: cosign files all of an image's signatures under one tag.</summary>
    private const int MostLayers = 10;

    private const string Bundle = "application/vnd.dev.sigstore.bundle";
    private const string Notation = "application/vnd.cncf.notary.signature";
    private const string Simple = "application/vnd.dev.cosign.simplesigning.v1+json";
    private const string SimpleSignature = "dev.cosignproject.cosign/signature";

    public async Task<IReadOnlyList<Signature>> FindAsync(ImageName image, CancellationToken cancellationToken)
    {
        var found = new List<Signature>();
        var tag = image.Digest.Replace(':', '-');
        await TakeAsync(image, $"{tag}.sig", Simple, found, cancellationToken);
        var list = await registry.ReadReferrersAsync(image, cancellationToken) ?? await registry.ReadManifestAsync(image, tag, cancellationToken);
        foreach (var digest in Referrers(list))
            await TakeAsync(image, digest, null, found, cancellationToken);
        return found;
    }

    private static List<string> Referrers(byte[]? list)
    {
        if (list is null)
            return [];
        try
        {
            using var json = JsonDocument.Parse(list, new JsonDocumentOptions { MaxDepth = 32 });
            return [.. (Items(json.RootElement, "manifests") ?? [])
                .Where(m => Text(m, "artifactType") is null or Notation || Text(m, "artifactType")!.StartsWith(Bundle, StringComparison.Ordinal))
                .Select(m => Text(m, "digest")).OfType<string>().Where(ImageName.IsDigest).Distinct().Take(Most)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private async Task TakeAsync(ImageName image, string reference, string? only, List<Signature> found, CancellationToken cancellationToken)
    {
        if (await registry.ReadManifestAsync(image, reference, cancellationToken) is not { } manifest)
            return;
        try
        {
            using var json = JsonDocument.Parse(manifest, new JsonDocumentOptions { MaxDepth = 32 });
            var root = json.RootElement;
            var kind = Text(root, "artifactType") ?? Text(Object(root, "config"), "mediaType") ?? "";
            foreach (var layer in (Items(root, "layers") ?? []).Take(MostLayers))
            {
                var type = Text(layer, "mediaType");
                if (found.Count >= Most || Text(layer, "digest") is not { } digest || !ImageName.IsDigest(digest) || (only is not null && type != only) || FormOf(kind, type) is not { } form)
                    continue;
                if (await registry.ReadBlobAsync(image, digest, cancellationToken) is not { } content)
                    continue;
                var said = Object(layer, "annotations");
                found.Add(form == SignatureForm.CosignSimple
                    ? new(form, content, digest, Text(said, SimpleSignature), CosignCertificate.Of(said))
                    : new(form, content, digest));
            }
        }
        catch (JsonException)
        {
            // Anybody who may push can file rubbish here: it counts as nothing.
        }
    }

    private static SignatureForm? FormOf(string kind, string? layer) => layer == Simple ? SignatureForm.CosignSimple
        : kind.StartsWith(Bundle, StringComparison.Ordinal) ? SignatureForm.SigstoreBundle
        : kind == Notation ? (layer == "application/cose" ? SignatureForm.NotationCose : SignatureForm.NotationJws)
        : null;
}
