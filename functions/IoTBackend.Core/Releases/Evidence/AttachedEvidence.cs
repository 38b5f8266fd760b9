using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>All that is attached to an image, read and understood as far as it goes.</summary>
/// <param name="Signatures">Not checked yet.</param>
/// <param name="Reports">What scans found.</param>
/// <param name="EndOfLife">Announced ends; the earliest counts.</param>
/// <param name="Faults">What could not be used, and why.</param>
public sealed record AttachedEvidence(
    IReadOnlyList<Signature> Signatures, IReadOnlyList<ScanReport> Reports, IReadOnlyList<FoundSbom> Sboms, IReadOnlyList<DateTimeOffset> EndOfLife,
    IReadOnlyList<string> Faults)
{
    private const int Told = 3;

    public static readonly AttachedEvidence None = new([], [], [], [], []);

    public FindingSeverity? WorstFinding => Reports.SelectMany(r => r.Findings).Select(f => (FindingSeverity?)f.Severity).Max();

    /// <summary>The first of <see cref="Faults"/>, for a reason that somebody reads.</summary>
    public static string InWords(IReadOnlyList<string> faults) => faults.Count == 0 ? ""
        : $" {string.Join(" ", faults.Take(Told))}{(faults.Count > Told ? $" And {faults.Count - Told} more." : "")}";
}

/// <param name="Form"><c>SPDX</c> or <c>CycloneDX</c>.</param>
/// <param name="Digest">Of the document.</param>
public sealed record FoundSbom(string Form, string Digest, IReadOnlyList<FoundPackage> Packages);

public readonly record struct FoundPackage(string Name, string Version)
{
    private const string Url = "pkg:";

    /// <summary>Of a name and a version, or of a package URL (package-url/purl-spec) that has both.</summary>
    public static FoundPackage Of(string? name, string? version)
    {
        if (name?.StartsWith(Url, StringComparison.OrdinalIgnoreCase) != true)
            return new(name ?? "", version ?? "");
        var parts = name[Url.Length..].Split('?', '#')[0].Split('/')[^1].Split('@', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : version ?? "");
    }
}
