using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Images;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>
/// Looks for evidence where it lives: among the referrers (by API or fallback tag), under cosign's own tag, and in the attestation manifests of the
/// index. Only kinds that a gate asks for are read; each document and all together are bounded; one that is broken or too large does not
/// hide the others. What was read is kept for a while: a release that is held is judged every few minutes, and costs only the lists.
/// </summary>
public sealed class EvidenceReader(IRegistryReader registry, IEvidenceStore store, TimeProvider time)
{
    private readonly KnownEvidence _known = new();

    private const int MaxSignatureBytes = 1024 * 1024;

    /// <summary>Bytes of one report or SBOM. Larger ones exist, and are held: reading them would cost more memory than judging is worth.</summary>
    public const int MaxDocumentBytes = 20 * 1024 * 1024;

    private const long MaxTotalBytes = 64 * 1024 * 1024;

    private const int MaxArtifacts = 40;

    private const string Bundle = "application/vnd.dev.sigstore.bundle";
    private const string Notation = "application/vnd.cncf.notary.signature";
    private const string Lifecycle = "application/vnd.microsoft.artifact.lifecycle";
    private const string EndOfLifeDate = "vnd.microsoft.artifact.lifecycle.end-of-life.date";

    /// <summary>Media types of documents, by how they begin; what is inside is told by its shape.</summary>
    private static readonly string[] Documents =
    [
        "application/sarif+json", "application/spdx+json", "application/vnd.cyclonedx", "application/vnd.aquasec.trivy", "application/vnd.anchore.grype",
        "application/vnd.in-toto+json", "application/json", "application/vnd.openvex+json",
    ];

    public async Task<AttachedEvidence> ReadAsync(ImageSource source, Release release, TrackGates gates, CancellationToken cancellationToken)
    {
        var wanted = new Wanted(gates.Signature is not null, gates.Vulnerabilities is not null || gates.Sbom, gates.EndOfLife);
        if (wanted is { Signatures: false, Documents: false, EndOfLife: false })
            return AttachedEvidence.None;
        var sent = wanted.Documents ? await store.ListAsync(release.Id, cancellationToken) : [];
        var referrers = await registry.ListReferrersAsync(source, release.Digest, cancellationToken);
        var signed = wanted.Signatures ? (await registry.LookAsync(source, CosignTag(release.Digest), null, cancellationToken)).Digest : null;
        var version = string.Join(' ', [.. referrers.Select(r => r.Digest), .. sent.Select(s => s.Digest), signed, $"{wanted}"]);
        if (_known.Find(release.Id, version, time.GetUtcNow()) is { } known)
            return known;

        var found = new Found(registry, source, cancellationToken);
        foreach (var document in sent)
            found.Take(document.Content, document.Digest);
        await ReadReferrersAsync(found, release.Digest, referrers, wanted);
        if (signed is not null)
            await ReadCosignAsync(found, signed);
        if (wanted.Documents && (found.Reports.Count == 0 || found.Sboms.Count == 0) && MediaTypes.IsIndex(release.MediaType))
            await ReadAttestationsAsync(found, release);
        // Scanners that know no indexes attach to what they scanned.
        foreach (var platform in wanted.Documents && (found.Reports.Count == 0 || found.Sboms.Count == 0) ? release.Platforms.Where(p => p.Digest != release.Digest).Take(4) : [])
            await ReadReferrersAsync(found, platform.Digest, await registry.ListReferrersAsync(source, platform.Digest, cancellationToken), wanted with { Signatures = false, EndOfLife = false });
        if (found.Reports.Count + found.Sboms.Count > 0)
            await store.SaveAsync(release.Id, ReleaseContents.Of(found.Reports, found.Sboms), cancellationToken);
        return _known.Keep(release.Id, version, time.GetUtcNow(), new(found.Signatures, found.Reports, found.Sboms, found.Ends, found.Faults));
    }

    private static string CosignTag(string digest) => $"{Referrer.FallbackTag(digest)}.sig";

    private static async Task ReadReferrersAsync(Found found, string subject, IReadOnlyList<Referrer> referrers, Wanted wanted)
    {
        foreach (var referrer in referrers)
        {
            if (referrer.ArtifactType is { } type && !wanted.Takes(type))
                continue;
            if (!found.MayTakeOneMore())
                return;
            await found.TryAsync(referrer.Digest, async () =>
            {
                if (await found.Registry.ReadManifestAsync(found.Source, referrer.Digest, found.Token) is not { } manifest)
                    return;
                using var json = JsonDocument.Parse(manifest.Bytes, new JsonDocumentOptions { MaxDepth = 32 });
                var root = json.RootElement;
                // The list is anybody's to write where it is a tag.
                if (Text(Object(root, "subject"), "digest") != subject)
                    throw new RegistryContentException("it names another image");
                var kind = Text(root, "artifactType") ?? Text(Object(root, "config"), "mediaType") ?? "";
                if (wanted.Takes(kind))
                    await ReadLayersAsync(found, manifest.Digest, kind, root, wanted);
            });
        }
    }

    private static async Task ReadLayersAsync(Found found, string digest, string kind, JsonElement manifest, Wanted wanted)
    {
        if (kind == Lifecycle)
        {
            if (wanted.EndOfLife && DateTimeOffset.TryParse(Text(Object(manifest, "annotations"), EndOfLifeDate), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
                found.Ends.Add(end);
            return;
        }

        foreach (var layer in (Items(manifest, "layers") ?? []).Take(4))
        {
            var type = Text(layer, "mediaType") ?? "";
            var signature = kind.StartsWith(Bundle, StringComparison.Ordinal) ? SignatureForm.SigstoreBundle
                : kind != Notation ? (SignatureForm?)null
                : type == "application/cose" ? SignatureForm.NotationCose : SignatureForm.NotationJws;
            var content = await found.ReadAsync(layer, signature is null ? MaxDocumentBytes : MaxSignatureBytes);
            if (signature is { } form)
                found.Signatures.Add(new(form, content, digest));
            else
                found.Take(content, digest);
        }
    }

    private static async Task ReadCosignAsync(Found found, string digest)
    {
        await found.TryAsync(digest, async () =>
        {
            if (await found.Registry.ReadManifestAsync(found.Source, digest, found.Token) is not { } manifest || !MediaTypes.IsManifest(manifest.MediaType))
                return;
            using var json = JsonDocument.Parse(manifest.Bytes, new JsonDocumentOptions { MaxDepth = 32 });
            foreach (var layer in (Items(json.RootElement, "layers") ?? []).Where(l => Text(l, "mediaType") == "application/vnd.dev.cosign.simplesigning.v1+json").Take(10))
            {
                var detached = Text(Object(layer, "annotations"), "dev.cosignproject.cosign/signature");
                found.Signatures.Add(new(SignatureForm.CosignSimple, await found.ReadAsync(layer, MaxSignatureBytes), manifest.Digest, detached));
            }
        });
    }

    /// <summary>BuildKit's provenance and SBOM: a child of the index that says it is an attestation (attestation-storage.md).</summary>
    private static async Task ReadAttestationsAsync(Found found, Release release)
    {
        await found.TryAsync(release.Digest, async () =>
        {
            if (await found.Registry.ReadManifestAsync(found.Source, release.Digest, found.Token) is not { } index)
                return;
            using var json = JsonDocument.Parse(index.Bytes, new JsonDocumentOptions { MaxDepth = 32 });
            var attestations = (Items(json.RootElement, "manifests") ?? [])
                .Where(m => Text(Object(m, "annotations"), "vnd.docker.reference.type") == "attestation-manifest" && OciNames.IsDigest(Text(m, "digest")));
            foreach (var entry in attestations.Take(8))
            {
                if (await found.Registry.ReadManifestAsync(found.Source, Text(entry, "digest")!, found.Token) is not { } manifest)
                    continue;
                using var attestation = JsonDocument.Parse(manifest.Bytes, new JsonDocumentOptions { MaxDepth = 32 });
                foreach (var layer in (Items(attestation.RootElement, "layers") ?? []).Take(8))
                {
                    if (Text(layer, "mediaType") == "application/vnd.in-toto+json" && Text(Object(layer, "annotations"), "in-toto.io/predicate-type") is { } predicate
                        && (predicate.Contains("spdx", StringComparison.OrdinalIgnoreCase) || predicate.Contains("cyclonedx", StringComparison.OrdinalIgnoreCase)))
                        found.Take(await found.ReadAsync(layer, MaxDocumentBytes), manifest.Digest);
                }
            }
        });
    }

    private readonly record struct Wanted(bool Signatures, bool Documents, bool EndOfLife)
    {
        public bool Takes(string type) => type == Lifecycle ? EndOfLife
            : type == Notation || type.StartsWith(Bundle, StringComparison.Ordinal) ? Signatures
            : Documents && Array.Exists(EvidenceReader.Documents, d => type.StartsWith(d, StringComparison.Ordinal));
    }

    private sealed class Found(IRegistryReader registry, ImageSource source, CancellationToken token)
    {
        private long _bytes;
        private int _artifacts;

        public IRegistryReader Registry => registry;

        public ImageSource Source => source;

        public CancellationToken Token => token;

        public List<Signature> Signatures { get; } = [];

        public List<ScanReport> Reports { get; } = [];

        public List<FoundSbom> Sboms { get; } = [];

        public List<DateTimeOffset> Ends { get; } = [];

        public List<string> Faults { get; } = [];

        public bool MayTakeOneMore()
        {
            if (_artifacts++ < MaxArtifacts)
                return true;
            Faults.Insert(0, $"Only {MaxArtifacts} of what is attached was read.");
            return false;
        }

        public async Task TryAsync(string what, Func<Task> read)
        {
            try
            {
                await read();
            }
            catch (RegistryContentException e)
            {
                Faults.Add($"{what}: {e.Message}");
            }
            catch (JsonException)
            {
                Faults.Add($"{what}: not JSON.");
            }
        }

        public async Task<ReadOnlyMemory<byte>> ReadAsync(JsonElement layer, int maxBytes)
        {
            if (Text(layer, "digest") is not { } digest || !OciNames.IsDigest(digest))
                throw new RegistryContentException("a part without a digest");
            if (Number(layer, "size") is { } size && size > maxBytes)
                throw new RegistryContentException($"{size} bytes, more than the {maxBytes} that are read");
            if (_bytes > MaxTotalBytes)
                throw new RegistryContentException($"more than {MaxTotalBytes} bytes are attached");
            var content = await registry.ReadBlobAsync(source, digest, maxBytes, token) ?? throw new RegistryContentException("the registry does not have it");
            _bytes += content.Length;
            return content;
        }

        public void Take(ReadOnlyMemory<byte> document, string digest)
        {
            try
            {
                var sbom = SbomReader.Read(document, digest);
                if (sbom is not null)
                    Sboms.Add(sbom);
                if (ReportReader.Read(document, digest) is { } report)
                    Reports.Add(report);
                else if (sbom is null)
                    Faults.Add($"{digest}: no known form of report or SBOM.");
            }
            catch (JsonException)
            {
                Faults.Add($"{digest}: not JSON.");
            }
        }
    }
}
