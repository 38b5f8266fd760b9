using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using static IoTBackend.Core.Releases.Evidence.EvidenceJson;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>
/// Reads scan reports: SARIF 2.1.0 (OASIS), Trivy's JSON (aquasecurity/trivy, pkg/types/report.go), Grype's (anchore/grype, models.Document) and CycloneDX with
/// vulnerabilities (VEX, cyclonedx.org). Told apart by shape, as scanners attach them under many types.
/// </summary>
public static partial class ReportReader
{
    /// <summary>Of one run: scanners have some thousand.</summary>
    private const int MostRules = 20_000;

    /// <summary>Null = it is none of them.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static ScanReport? Read(ReadOnlyMemory<byte> document, string digest) => EvidenceJson.Read(document, root => Read(root, digest));

    private static ScanReport? Read(JsonElement root, string digest)
    {
        if (Items(root, "runs") is { } runs)
            return Report("SARIF", digest, Sarif(runs));
        if (Items(root, "matches") is { } matches)
            return Report("Grype", digest, matches.Select(Grype));
        if (Said(root, "bomFormat") == "CycloneDX" && Items(root, "vulnerabilities") is { } vulnerabilities)
            return Vex(digest, vulnerabilities);
        // Without a finding there is no list of results.
        return Items(root, "Results") is { } || Number(root, "SchemaVersion") is not null
            ? Report("Trivy", digest, (Items(root, "Results") ?? []).SelectMany(r => Items(r, "Vulnerabilities") ?? []).Select(Trivy))
            : null;
    }

    private static ScanReport Report(string form, string digest, IEnumerable<Finding?> findings) =>
        new(form, digest, [.. Worst(findings)], []);

    /// <summary>Each once, the worst first; of each severity no more is gathered than is kept of all.</summary>
    private static IEnumerable<Finding> Worst(IEnumerable<Finding?> findings)
    {
        var (seen, bySeverity) = (new HashSet<Finding>(), new SortedDictionary<FindingSeverity, List<Finding>>(Comparer<FindingSeverity>.Create((a, b) => b.CompareTo(a))));
        foreach (var finding in findings.OfType<Finding>())
        {
            if (!bySeverity.TryGetValue(finding.Severity, out var such))
                bySeverity.Add(finding.Severity, such = []);
            if (such.Count < ScanReport.MostFindings && seen.Add(finding))
                such.Add(finding);
        }

        return bySeverity.Values.SelectMany(f => f).Take(ScanReport.MostFindings);
    }

    private static IEnumerable<Finding?> Sarif(IReadOnlyList<JsonElement> runs)
    {
        foreach (var run in runs)
        {
            var rules = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var known in (Items(Object(Object(run, "tool"), "driver"), "rules") ?? []).Take(MostRules))
            {
                if (Name(known, "id") is { } named)
                    rules.TryAdd(named, known);
            }

            foreach (var result in Items(run, "results") ?? [])
            {
                if (Name(result, "ruleId") is not { } id || Said(result, "kind") is "pass" or "notApplicable" || Items(result, "suppressions") is { Count: > 0 })
                    continue;
                rules.TryGetValue(id, out var rule);
                var message = Said(Object(result, "message"), "text") ?? "";
                yield return new(
                    id, SarifSeverity(result, rule), Part(Package(), message), Part(Installed(), message), Part(Fixed(), message));
            }
        }
    }

    /// <summary><c>security-severity</c> is a CVSS score (docs.github.com, SARIF support for code scanning); its bands are CVSS 3.1's.</summary>
    private static FindingSeverity SarifSeverity(JsonElement result, JsonElement rule)
    {
        var score = Score(Object(result, "properties")) ?? Score(Object(rule, "properties"));
        return score switch
        {
            >= 9 => FindingSeverity.Critical,
            >= 7 => FindingSeverity.High,
            >= 4 => FindingSeverity.Medium,
            > 0 => FindingSeverity.Low,
            _ => (Said(result, "level") ?? Said(Object(rule, "defaultConfiguration"), "level")) switch
            {
                "error" => FindingSeverity.High,
                "note" or "none" => FindingSeverity.Low,
                _ => FindingSeverity.Medium,
            },
        };
    }

    private static double? Score(JsonElement? properties) => properties is { } p && p.TryGetProperty("security-severity", out var value)
        && (value.ValueKind == JsonValueKind.Number ? value.TryGetDouble(out var score) : double.TryParse(Said(value), NumberStyles.Float, CultureInfo.InvariantCulture, out score)) ? score : null;

    private static Finding? Trivy(JsonElement v) => Name(v, "VulnerabilityID") is { } id
        ? new(id, Severity(Said(v, "Severity")), Name(v, "PkgName"), Name(v, "InstalledVersion"), Filled(Name(v, "FixedVersion")))
        : null;

    private static Finding? Grype(JsonElement match)
    {
        var (vulnerability, artifact) = (Object(match, "vulnerability"), Object(match, "artifact"));
        var fix = Object(vulnerability, "fix");
        return Name(vulnerability, "id") is { } id
            ? new(id, Severity(Said(vulnerability, "severity")), Name(artifact, "name"), Name(artifact, "version"), Filled((Items(fix, "versions") ?? []).Take(1).Select(v => Cut(Said(v))).FirstOrDefault()))
            : null;
    }

    private static ScanReport Vex(string digest, IReadOnlyList<JsonElement> vulnerabilities)
    {
        var all = vulnerabilities.Select(v => (Id: Name(v, "id")!, State: Said(Object(v, "analysis"), "state"), Severity: (Items(v, "ratings") ?? []).Select(r => Severity(Said(r, "severity"))).DefaultIfEmpty().Max()))
            .Where(v => v.Id is not null);
        return Report("CycloneDX VEX", digest, all.Where(v => v.State is null or "exploitable" or "in_triage").Select(v => new Finding(v.Id, v.Severity))) with
        {
            NotAffected = [.. all.Where(v => v.State is "not_affected" or "false_positive" or "resolved" or "resolved_with_pedigree").Select(v => v.Id).Distinct().Take(ScanReport.MostFindings)],
        };
    }

    private static FindingSeverity Severity(string? word) => word?.ToLowerInvariant() switch
    {
        "critical" => FindingSeverity.Critical,
        "high" => FindingSeverity.High,
        "medium" or "moderate" => FindingSeverity.Medium,
        "low" or "negligible" or "info" or "none" => FindingSeverity.Low,
        _ => FindingSeverity.Unknown,
    };

    private static string? Part(Regex regex, string message) => regex.Match(message) is { Success: true } match ? Filled(Cut(match.Groups[1].Value.Trim())) : null;

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    [GeneratedRegex(@"^Package: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Package();

    [GeneratedRegex(@"^Installed Version: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Installed();

    [GeneratedRegex(@"^Fixed Version: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Fixed();
}
