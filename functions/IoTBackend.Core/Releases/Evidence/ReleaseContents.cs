using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Evidence.Findings;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>
/// What is known to be inside a release, document by document: kept, so that a question about a new vulnerability is answered without asking a
/// registry, and what was read is not read again.
/// </summary>
/// <param name="Findings">As an earlier version stored them, without their documents.</param>
/// <param name="Packages">As an earlier version stored them.</param>
/// <param name="Documents">In the order in which they were found.</param>
/// <param name="Lists">The image's own first.</param>
public sealed record ReleaseContents(
    IReadOnlyList<Finding> Findings, IReadOnlyList<FoundPackage> Packages, IReadOnlyList<EvidenceDocument>? Documents = null, IReadOnlyList<EvidenceList>? Lists = null)
{
    /// <summary>Of all documents together.</summary>
    private const int MostPackages = 20_000;

    private const int MostFindings = 10_000;

    public static readonly ReleaseContents Nothing = new([], []);

    public static ReleaseContents Of(IEnumerable<EvidenceDocument> documents, IReadOnlyList<EvidenceList> lists)
    {
        var (packages, findings) = (MostPackages, MostFindings);
        return new([], [], [.. documents.Select(Bounded)], lists);

        EvidenceDocument Bounded(EvidenceDocument document)
        {
            var bounded = document;
            if (document.Sbom is { } sbom && sbom.Packages.Count > packages)
                bounded = bounded with { Sbom = sbom with { Packages = [.. sbom.Packages.Take(packages)] } };
            if (document.Report is { } report && report.Findings.Count > findings)
                bounded = bounded with { Report = report with { Findings = [.. report.Findings.Take(findings)] } };
            packages -= bounded.Sbom?.Packages.Count ?? 0;
            findings -= bounded.Report?.Findings.Count ?? 0;
            return bounded;
        }
    }

    /// <summary>Something was seen that says what is inside.</summary>
    [JsonIgnore]
    public bool IsKnown => Findings.Count + Packages.Count > 0 || Documents?.Any(d => d.Report is not null || d.Sbom is not null) == true;

    /// <summary>The same documents and lists as what was read from a store, of which it was made.</summary>
    public bool Says(ReleaseContents stored) => (Documents ?? []).SequenceEqual(stored.Documents ?? [], ReferenceEqualityComparer.Instance)
        && (Lists ?? []).Select(l => (l.Subject, l.Version)).SequenceEqual((stored.Lists ?? []).Select(l => (l.Subject, l.Version)));

    /// <summary>Why it is concerned, in words; null = it is not.</summary>
    /// <param name="cve">Of a vulnerability, whatever its case.</param>
    /// <param name="package">As <see cref="PackageAsked"/> reads it.</param>
    public string? Concerns(string? cve, string? package)
    {
        var findings = Findings.Concat(Documents?.SelectMany(d => d.Report?.Findings ?? []) ?? []);
        if (cve is not null)
            return findings.FirstOrDefault(f => f.Is(IsAsked)) is { } finding
                ? (finding.Package is null ? finding.Id : $"{finding.Package} {finding.Version}".TrimEnd()) + (IsSpared() ? " (a VEX says that it is not affected)" : "")
                : null;
        if (package is null)
            return null;
        var asked = new PackageAsked(package);
        return Packages.Concat(Documents?.SelectMany(d => d.Sbom?.Packages ?? []) ?? [])
            .Concat(findings.Where(f => f.Package is not null).Select(f => new FoundPackage(f.Package!, f.Version ?? "")))
            .Where(asked.Is)
            .Select(p => $"{p.Name} {p.Version}".TrimEnd()).FirstOrDefault();

        bool IsAsked(string id) => id.Equals(cve, StringComparison.OrdinalIgnoreCase);
        bool IsSpared() => Documents?.Any(d => d.Report?.NotAffected.Any(IsAsked) == true) == true;
    }
}
