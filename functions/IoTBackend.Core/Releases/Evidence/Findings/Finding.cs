namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>How bad, in rising order.</summary>
public enum FindingSeverity
{
    Unknown,
    Low,
    Medium,
    High,
    Critical,
}

/// <summary>A known vulnerability in an image.</summary>
/// <param name="Id">CVE, GHSA or the scanner's own.</param>
/// <param name="FixedIn">The version that mends it; null = none is known.</param>
public sealed record Finding(string Id, FindingSeverity Severity, string? Package = null, string? Version = null, string? FixedIn = null);

/// <summary>What one report says.</summary>
/// <param name="Form"><c>SARIF</c>, <c>Trivy</c>, <c>Grype</c>, <c>CycloneDX VEX</c>.</param>
/// <param name="NotAffected">Ids it says do not matter here (VEX).</param>
public sealed record ScanReport(string Form, string Digest, IReadOnlyList<Finding> Findings, IReadOnlyList<string> NotAffected)
{
    /// <summary>Kept of one report, the worst first; an image with more has other worries.</summary>
    public const int MostFindings = 5000;
}
