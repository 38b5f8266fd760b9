using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Images;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>
/// Looks for evidence where it lives: among the referrers (by API or fallback tag), under cosign's own tag, in the attestation manifests of the
/// index, and among what was sent. Only kinds that are asked for are read; each document and all together are bounded. What was read is kept: a
/// release that is judged again costs its lists, asked for conditionally, and none of the documents.
/// </summary>
public sealed class EvidenceReader(IRegistryReader registry, IEvidenceStore store, TimeProvider time)
{
    /// <summary>Bytes of one report or SBOM. Larger ones exist, and are held: reading them would cost more memory than judging is worth.</summary>
    public const int MaxDocumentBytes = 20 * 1024 * 1024;

    /// <summary>Bytes of one signature; they have a few thousand, a chain of certificates included.</summary>
    private const int MaxSignatureBytes = 256 * 1024;

    /// <summary>For all that is attached to one release.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Scanners that know no indexes attach to what they scanned.</summary>
    private const int MaxPlatforms = 4;

    private readonly KnownSignatures _known = new();

    /// <summary>What a track's gates ask for.</summary>
    public Task<AttachedEvidence> ReadAsync(ImageSource source, Release release, TrackGates gates, CancellationToken cancellationToken) =>
        InTimeAsync(token => ReadAsync(source, release, new EvidenceKinds(gates.Signature is not null, gates.Vulnerabilities is not null || gates.Sbom || gates.EndOfLife), token), cancellationToken);

    /// <summary>
    /// Reports and SBOMs of what is out, whatever its gates ask for: one conditional request where nothing is new. Where scanners may have
    /// filed something under platforms too, every second look goes to one of those.
    /// </summary>
    /// <param name="turn">Counts the looks; null = something is known to be new.</param>
    public async Task<AttachedEvidence> ReadAgainAsync(ImageSource source, Release release, int? turn, CancellationToken cancellationToken)
    {
        if (turn is { } at && await store.FindAsync(release.Id, cancellationToken) is { Lists: { Count: > 0 } lists } known
            && lists[at % 2 == 0 || lists.Count == 1 ? 0 : 1 + (at / 2 % (lists.Count - 1))] is { Version: { } version, Subject: var subject }
            && (await registry.ListReferrersAsync(source, subject, version, cancellationToken)).Unchanged)
            return Evidence([], known.Documents ?? [], []);
        return await InTimeAsync(token => ReadAsync(source, release, new EvidenceKinds(Signatures: false, Documents: true), token), cancellationToken);
    }

    private async Task<AttachedEvidence> InTimeAsync(Func<CancellationToken, Task<AttachedEvidence>> read, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await read(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryContentException($"What is attached to the image could not be read within {Patience.TotalSeconds:0} seconds.");
        }
    }

    private async Task<AttachedEvidence> ReadAsync(ImageSource source, Release release, EvidenceKinds wanted, CancellationToken cancellationToken)
    {
        if (wanted is { Signatures: false, Documents: false })
            return AttachedEvidence.None;
        var known = await store.FindAsync(release.Id, cancellationToken) ?? ReleaseContents.Nothing;
        var fetch = new EvidenceFetch(registry, source, cancellationToken);
        var image = await ListAsync(fetch, known, release.Digest);
        var signatures = wanted.Signatures ? await ReadSignaturesAsync(fetch, release, image) : [];
        if (!wanted.Documents)
            return Evidence(signatures, [], fetch.Faults);

        var documents = new EvidenceDocuments(fetch, known);
        List<EvidenceList> lists = [image];
        foreach (var digest in await store.ListSentAsync(release.Id, cancellationToken))
            await documents.TakeSentAsync(digest, () => store.FindSentAsync(release.Id, digest, cancellationToken));
        await documents.TakeListAsync(image);
        if (!documents.IsComplete && MediaTypes.IsIndex(release.MediaType))
            await documents.TakeAttestationsAsync(release.Digest);
        foreach (var platform in documents.IsComplete ? [] : release.Platforms.Where(p => p.Digest != release.Digest).Take(MaxPlatforms))
        {
            lists.Add(await ListAsync(fetch, known, platform.Digest));
            await documents.TakeListAsync(lists[^1]);
        }

        // What could not be read may be readable later: then no list is taken for known.
        var contents = ReleaseContents.Of(documents.Found, fetch.Faults.Count == 0 ? lists : [.. lists.Select(l => l with { Version = null })]);
        if (!contents.Says(known))
            await store.SaveAsync(release.Id, contents, cancellationToken);
        return Evidence(signatures, contents.Documents!, fetch.Faults);
    }

    private static AttachedEvidence Evidence(IReadOnlyList<Signature> signatures, IReadOnlyList<EvidenceDocument> documents, IEnumerable<string> faults) => new(
        signatures,
        [.. documents.Select(d => d.Report).OfType<ScanReport>()],
        [.. documents.Select(d => d.Sbom).OfType<FoundSbom>()],
        [.. documents.Select(d => d.EndOfLife).OfType<DateTimeOffset>()],
        [.. faults, .. documents.Select(d => d.Fault).OfType<string>()]);

    private static async Task<EvidenceList> ListAsync(EvidenceFetch fetch, ReleaseContents known, string subject)
    {
        var before = known.Lists?.FirstOrDefault(l => l.Subject == subject);
        var list = await fetch.ListAsync(subject, before?.Version);
        return list.Unchanged && before is not null ? before : new(subject, list.Version, list.Items);
    }

    /// <summary>They are short, and kept in memory only.</summary>
    private async Task<IReadOnlyList<Signature>> ReadSignaturesAsync(EvidenceFetch fetch, Release release, EvidenceList image)
    {
        var ofCosign = await fetch.LookAsync($"{Referrer.FallbackTag(release.Digest)}.sig");
        var version = string.Join(' ', [.. image.Items.Select(r => r.Digest), ofCosign]);
        if (_known.Find(release.Id, version, time.GetUtcNow()) is { } known)
        {
            fetch.Faults.AddRange(known.Faults);
            return known.Signatures;
        }

        var found = new List<Signature>();
        foreach (var referrer in image.Items.Where(r => r.ArtifactType is null || EvidenceKinds.IsSignature(r.ArtifactType)))
        {
            if (!fetch.MayTakeOneMore())
            {
                fetch.Faults.Insert(0, EvidenceFetch.TooMany);
                break;
            }

            await fetch.TryAsync(referrer.Digest, () => TakeReferrerAsync(fetch, found, release.Digest, referrer.Digest), fetch.Faults.Add);
        }

        if (ofCosign is not null)
            await fetch.TryAsync(ofCosign, () => TakeCosignAsync(fetch, found, ofCosign), fetch.Faults.Add);
        _known.Keep(release.Id, version, time.GetUtcNow(), found, [.. fetch.Faults]);
        return found;
    }

    private static async Task TakeReferrerAsync(EvidenceFetch fetch, List<Signature> found, string subject, string digest)
    {
        using var json = await fetch.ManifestAsync(digest);
        var root = json.RootElement;
        if (Text(Object(root, "subject"), "digest") != subject)
            throw new EvidenceFetch.UnusableException("it names another image");
        var kind = Text(root, "artifactType") ?? Text(Object(root, "config"), "mediaType") ?? "";
        if (!EvidenceKinds.IsSignature(kind))
            return;
        foreach (var layer in (Items(root, "layers") ?? []).Take(4))
        {
            var form = kind != EvidenceKinds.Notation ? SignatureForm.SigstoreBundle
                : Text(layer, "mediaType") == "application/cose" ? SignatureForm.NotationCose : SignatureForm.NotationJws;
            found.Add(new(form, await fetch.BlobAsync(layer, MaxSignatureBytes), digest));
        }
    }

    private static async Task TakeCosignAsync(EvidenceFetch fetch, List<Signature> found, string digest)
    {
        using var json = await fetch.ManifestAsync(digest);
        foreach (var layer in (Items(json.RootElement, "layers") ?? []).Where(l => Text(l, "mediaType") == "application/vnd.dev.cosign.simplesigning.v1+json").Take(10))
        {
            var said = Object(layer, "annotations");
            found.Add(new(SignatureForm.CosignSimple, await fetch.BlobAsync(layer, MaxSignatureBytes), digest, Text(said, "dev.cosignproject.cosign/signature"), CosignCertificate.Of(said)));
        }
    }
}
