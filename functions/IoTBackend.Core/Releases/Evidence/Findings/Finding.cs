using System.Text.Json.Serialization;

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
/// <param name="Alias">Another id of the same: the CVE of an advisory.</param>
public sealed record Finding(string Id, FindingSeverity Severity, string? Package = null, string? Version = null, string? FixedIn = null, string? Alias = null)
{
    /// <summary>What counts where a scanner does not say how bad it is: <see cref="FindingSeverity.Medium"/>, as in SARIF.</summary>
    [JsonIgnore]
    public FindingSeverity Counted => Severity == FindingSeverity.Unknown ? FindingSeverity.Medium : Severity;

    public bool Is(Predicate<string> id) => id(Id) || (Alias is not null && id(Alias));
}

/// <summary>What one report says.</summary>
/// <param name="Form"><c>SARIF</c>, <c>Trivy</c>, <c>Grype</c>, <c>CycloneDX VEX</c>, <c>OpenVEX</c>.</param>
/// <param name="NotAffected">Ids it says do not matter here (VEX).</param>
public sealed record ScanReport(string Form, string Digest, IReadOnlyList<Finding> Findings, IReadOnlyList<string> NotAffected)
{
    /// <summary>Kept of one report, the worst first; an image with more has other worries.</summary>
    public const int MostFindings = 5000;

    /// <summary>Somebody looked for vulnerabilities; false = it only says something of known ones.</summary>
    public bool IsScan { get; init; } = true;
}
