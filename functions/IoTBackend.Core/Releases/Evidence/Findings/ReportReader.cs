using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>
/// Reads scan reports: SARIF 2.1.0 (OASIS), Trivy's JSON (aquasecurity/trivy, pkg/types/report.go), Grype's (anchore/grype, models.Document), CycloneDX with
/// vulnerabilities (VEX, cyclonedx.org) and OpenVEX 0.2 (openvex/spec), also inside an in-toto statement. Told apart by shape, as scanners attach them
/// under many types.
/// </summary>
public static class ReportReader
{
    /// <summary>Null = it is none of them.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static ScanReport? Read(ReadOnlyMemory<byte> document, string digest)
    {
        using var json = EvidenceJson.Parse(document);
        // cosign's attestation of a scan has the scanner's own report in it (sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md).
        var predicate = Object(json.RootElement, "predicate");
        return Read(json.RootElement, digest) ?? Read(predicate, digest) ?? Read(Object(Object(predicate, "scanner"), "result"), digest);
    }

    private static ScanReport? Read(JsonElement? document, string digest)
    {
        if (document is not { } root)
            return null;
        if (Items(root, "runs") is { } runs)
            return SarifReport.Read(runs) is { } findings ? Report("SARIF", digest, findings) : null;
        if (Items(root, "matches") is { } matches)
            return Report("Grype", digest, matches.Select(Grype));
        if (Text(root, "bomFormat") == "CycloneDX" && Items(root, "vulnerabilities") is { } vulnerabilities)
            return VexReport.OfCycloneDx(root, vulnerabilities, digest);
        if (Text(root, "@context")?.StartsWith("https://openvex.dev/ns", StringComparison.Ordinal) == true && Items(root, "statements") is { } statements)
            return VexReport.OfOpenVex(statements, digest);
        // Without a finding there is no list of results.
        return Items(root, "Results") is { } || Number(root, "SchemaVersion") is not null
            ? Report("Trivy", digest, (Items(root, "Results") ?? []).SelectMany(r => Items(r, "Vulnerabilities") ?? []).Select(Trivy))
            : null;
    }

    internal static ScanReport Report(string form, string digest, IEnumerable<Finding?> findings, IEnumerable<string>? notAffected = null) => new(
        form, digest,
        [.. findings.OfType<Finding>().Distinct().OrderByDescending(f => f.Severity).Take(ScanReport.MostFindings)],
        [.. (notAffected ?? []).Distinct(StringComparer.OrdinalIgnoreCase).Take(ScanReport.MostFindings)]);

    private static Finding? Trivy(JsonElement v) => Text(v, "VulnerabilityID") is { } id
        ? new(id, Severities.Of(Text(v, "Severity")), Text(v, "PkgName"), Text(v, "InstalledVersion"), Filled(Text(v, "FixedVersion")))
        : null;

    /// <summary>Where it names an advisory (GHSA), the vulnerability (CVE) stands beside it.</summary>
    private static Finding? Grype(JsonElement match)
    {
        var (vulnerability, artifact) = (Object(match, "vulnerability"), Object(match, "artifact"));
        var fix = Object(vulnerability, "fix");
        return Text(vulnerability, "id") is { } id
            ? new(id, Severities.Of(Text(vulnerability, "severity")), Text(artifact, "name"), Text(artifact, "version"), Filled((Items(fix, "versions") ?? []).Select(Text).FirstOrDefault()),
                (Items(match, "relatedVulnerabilities") ?? []).Select(r => Text(r, "id")).FirstOrDefault(other => other is not null && other != id))
            : null;
    }

    internal static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
