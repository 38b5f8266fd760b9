using IoTBackend.Core.Releases.Evidence.Findings;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>What is known to be inside a release: kept, so that a question about a new vulnerability is answered without asking a registry.</summary>
public sealed record ReleaseContents(IReadOnlyList<Finding> Findings, IReadOnlyList<FoundPackage> Packages)
{
    private const int MostPackages = 20_000;

    public static ReleaseContents Of(IEnumerable<ScanReport> reports, IEnumerable<FoundSbom> sboms) => new(
        [.. reports.SelectMany(r => r.Findings).Distinct().Take(ScanReport.MostFindings)], [.. sboms.SelectMany(s => s.Packages).Distinct().Take(MostPackages)]);

    /// <summary>Why it is concerned, in words; null = it is not.</summary>
    /// <param name="cve">Of a vulnerability, whatever its case.</param>
    /// <param name="package">Name, or <c>name@version</c>.</param>
    public string? Concerns(string? cve, string? package)
    {
        if (cve is not null && Findings.FirstOrDefault(f => f.Id.Equals(cve, StringComparison.OrdinalIgnoreCase)) is { } finding)
            return finding.Package is null ? finding.Id : $"{finding.Package} {finding.Version}".TrimEnd();
        if (package is null)
            return null;
        var at = package.LastIndexOf('@');
        var (name, version) = at > 0 ? (package[..at], package[(at + 1)..]) : (package, null);
        return Packages.Concat(Findings.Where(f => f.Package is not null).Select(f => new FoundPackage(f.Package!, f.Version ?? "")))
            .Where(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && (version is null || p.Version == version))
            .Select(p => $"{p.Name} {p.Version}".TrimEnd()).FirstOrDefault();
    }
}
