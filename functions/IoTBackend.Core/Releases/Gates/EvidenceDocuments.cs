using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Images;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Gathers reports, SBOMs and announcements: what is known already is taken from there, the rest is read, each document once.</summary>
internal sealed class EvidenceDocuments(EvidenceFetch fetch, ReleaseContents known)
{
    private const string EndOfLifeDate = "vnd.microsoft.artifact.lifecycle.end-of-life.date";

    private const int MaxParts = 8;

    private readonly ILookup<(string Source, string Digest), EvidenceDocument> _known = (known.Documents ?? []).ToLookup(d => (d.Source, d.Digest));

    public List<EvidenceDocument> Found { get; } = [];

    /// <summary>Neither a scan nor a list of what is inside is missing.</summary>
    public bool IsComplete => Found.Exists(d => d.Report is { IsScan: true }) && Found.Exists(d => d.Sbom is not null);

    public async Task TakeSentAsync(string digest, Func<Task<ReadOnlyMemory<byte>?>> read)
    {
        if (IsKnown(EvidenceDocument.Sent, digest) || await read() is not { } content)
            return;
        await TryAsync(EvidenceDocument.Sent, digest, () =>
        {
            Take(EvidenceDocument.Sent, digest, content);
            return Task.CompletedTask;
        });
    }

    public async Task TakeListAsync(EvidenceList list)
    {
        foreach (var referrer in list.Items)
        {
            if (referrer.ArtifactType is { } type && !EvidenceKinds.IsDocument(type))
                continue;
            if (!fetch.MayTakeOneMore())
            {
                Found.Insert(0, new(list.Subject, list.Subject, Fault: EvidenceFetch.TooMany));
                return;
            }

            if (!IsKnown(list.Subject, referrer.Digest))
                await TryAsync(list.Subject, referrer.Digest, () => TakeReferrerAsync(list.Subject, referrer.Digest));
        }
    }

    /// <summary>BuildKit's provenance and SBOM: a child of the index that says it is an attestation (attestation-storage.md).</summary>
    public async Task TakeAttestationsAsync(string index)
    {
        var before = _known.Where(k => k.Key.Source == EvidenceDocument.Attestation).SelectMany(k => k).ToList();
        if (before.Count > 0 && known.Lists!.All(l => l.Version is not null))
        {
            Found.AddRange(before);
            return;
        }

        await fetch.TryAsync(index, async () =>
        {
            using var json = await fetch.ManifestAsync(index);
            var attestations = (Items(json.RootElement, "manifests") ?? [])
                .Where(m => Text(Object(m, "annotations"), "vnd.docker.reference.type") == "attestation-manifest").Select(m => Text(m, "digest")).Where(OciNames.IsDigest);
            foreach (var digest in attestations.Take(MaxParts))
            {
                if (!IsKnown(EvidenceDocument.Attestation, digest!))
                    await TryAsync(EvidenceDocument.Attestation, digest!, () => TakeAttestationAsync(digest!));
            }
        }, _ => { });
        // That there are none is known too: an index never changes.
        if (!Found.Exists(d => d.Source == EvidenceDocument.Attestation))
            Found.Add(new(EvidenceDocument.Attestation, index));
    }

    private bool IsKnown(string source, string digest)
    {
        var before = _known[(source, digest)].ToList();
        Found.AddRange(before);
        return before.Count > 0;
    }

    private Task TryAsync(string source, string digest, Func<Task> read) =>
        fetch.TryAsync(digest, read, fault => Found.Add(new(source, digest, Fault: fault)));

    private async Task TakeReferrerAsync(string subject, string digest)
    {
        using var json = await fetch.ManifestAsync(digest);
        var root = json.RootElement;
        // The list is anybody's to write where it is a tag.
        if (Text(Object(root, "subject"), "digest") != subject)
            throw new EvidenceFetch.UnusableException("it names another image");
        var kind = Text(root, "artifactType") ?? Text(Object(root, "config"), "mediaType") ?? "";
        if (kind == EvidenceKinds.Lifecycle)
            Found.Add(new(subject, digest, EndOfLife: DateTimeOffset.TryParse(
                Text(Object(root, "annotations"), EndOfLifeDate), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) ? end : null));
        else
            await TakePartsAsync(subject, digest, EvidenceKinds.IsDocument(kind) ? (Items(root, "layers") ?? []).Take(4) : []);
    }

    private async Task TakeAttestationAsync(string digest)
    {
        using var json = await fetch.ManifestAsync(digest);
        await TakePartsAsync(EvidenceDocument.Attestation, digest, (Items(json.RootElement, "layers") ?? []).Take(MaxParts).Where(layer =>
            Text(layer, "mediaType") == "application/vnd.in-toto+json" && Text(Object(layer, "annotations"), "in-toto.io/predicate-type") is { } predicate
            && (predicate.Contains("spdx", StringComparison.OrdinalIgnoreCase) || predicate.Contains("cyclonedx", StringComparison.OrdinalIgnoreCase))));
    }

    private async Task TakePartsAsync(string source, string digest, IEnumerable<JsonElement> layers)
    {
        var before = Found.Count;
        foreach (var layer in layers)
            Take(source, digest, await fetch.BlobAsync(layer, EvidenceReader.MaxDocumentBytes));
        // Nothing in it that says anything: not to be looked at again.
        if (Found.Count == before)
            Found.Add(new(source, digest));
    }

    private void Take(string source, string digest, ReadOnlyMemory<byte> content)
    {
        var (report, sbom) = (ReportReader.Read(content, digest), SbomReader.Read(content, digest));
        Found.Add(new(source, digest, report, sbom, Fault: report is null && sbom is null ? $"{digest}: no known form of report or SBOM." : null));
    }
}
