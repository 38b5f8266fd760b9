using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Core.Releases;

/// <summary>What has to be shown before a release goes out. Everything left out asks for nothing.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TrackGates
{
    private const int MostApprovals = 2;

    private static readonly TimeSpan Oldest = TimeSpan.FromDays(365);

    /// <summary>Largest download per platform, bytes; null = any.</summary>
    public long? MaxSizeBytes { get; init; }

    /// <summary>Time since the backend first saw the image, up to 365 days; null = none.</summary>
    public TimeSpan? MinAge { get; init; }

    /// <summary>Different persons who have to approve: 0 (default), 1 or 2.</summary>
    public int Approvals { get; init; }

    public SignatureRules? Signature { get; init; }

    public VulnerabilityRules? Vulnerabilities { get; init; }

    /// <summary>An SBOM (SPDX or CycloneDX) has to be attached.</summary>
    public bool Sbom { get; init; }

    /// <summary>Images past their announced end of life are held.</summary>
    public bool EndOfLife { get; init; }

    /// <summary><c>segment</c>: what containers ask for has to be within what the devices' models allow, and not wider than what is out.</summary>
    public PrivilegeRule? Privileges { get; init; }

    /// <summary>Every targeted device's model has to be security-tested.</summary>
    public bool AttestedModels { get; init; }

    internal IEnumerable<string> Faults()
    {
        if (MaxSizeBytes is <= 0)
            yield return "gates.maxSizeBytes: more than 0.";
        if (MinAge is { } age && (age <= TimeSpan.Zero || age > Oldest))
            yield return "gates.minAge: more than nothing, at most P365D.";
        if (Approvals is < 0 or > MostApprovals)
            yield return $"gates.approvals: 0 to {MostApprovals}.";
        foreach (var fault in (Signature?.Faults() ?? []).Concat(Vulnerabilities?.Faults() ?? []))
            yield return fault;
    }
}

public enum PrivilegeRule
{
    Segment,
}
