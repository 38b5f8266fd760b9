using System.Text.Json;
using System.Text.RegularExpressions;
using static IoTBackend.Core.Releases.Evidence.EvidenceJson;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>SARIF 2.1.0 as scanners of images write it: a rule is a vulnerability, a result a package that has it.</summary>
internal static partial class SarifReport
{
    /// <summary>Of one run: scanners have some thousand.</summary>
    private const int MostRules = 20_000;

    /// <summary>Null = no run came to results, which is not to have found nothing (3.14.23, 3.20.14).</summary>
    public static IEnumerable<Finding>? Read(IReadOnlyList<JsonElement> runs)
    {
        var came = runs.Where(run => Items(run, "results") is not null && !(Items(run, "invocations") ?? []).Any(Failed));
        return came.Any() ? came.SelectMany(Results) : null;
    }

    private static bool Failed(JsonElement invocation) =>
        invocation is { ValueKind: JsonValueKind.Object } i && i.TryGetProperty("executionSuccessful", out var successful) && successful.ValueKind == JsonValueKind.False;

    private static IEnumerable<Finding> Results(JsonElement run)
    {
        List<JsonElement> rules = [.. (Items(Object(Object(run, "tool"), "driver"), "rules") ?? []).Take(MostRules)];
        var byId = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var known in rules)
        {
            if (Name(known, "id") is { } its)
                byId.TryAdd(its, known);
        }

        foreach (var result in Items(run, "results") ?? [])
        {
            var rule = (Number(result, "ruleIndex") ?? Number(Object(result, "rule"), "index")) is >= 0 and var index && index < rules.Count ? rules[(int)index] : default;
            if ((Name(result, "ruleId") ?? Name(Object(result, "rule"), "id") ?? Name(rule, "id")) is not { } id || !Counts(result))
                continue;
            if (byId.TryGetValue(id, out var named))
                rule = named;
            // Trivy and Scout say it of the result, Grype of the rule.
            var said = $"{Said(Object(result, "message"), "text")}\n{Said(Object(rule, "help"), "text")}";
            var (vulnerability, package) = (Vulnerability().Match(id), FoundPackage.Of(Part(Package(), said), Part(Installed(), said)));
            var its = vulnerability.Success ? vulnerability.Groups[1].Value : id;
            yield return new(
                its, Severity(result, rule), ReportReader.Filled(package.Name), ReportReader.Filled(package.Version), Part(Fixed(), said) is { } mended && mended != "not fixed" ? mended : null,
                (Items(rule, "deprecatedIds") ?? []).Select(d => Cut(Said(d))).FirstOrDefault(other => other is not null && other != its && other.StartsWith("CVE-", StringComparison.Ordinal)));
        }
    }

    /// <summary>It failed, is still there (3.27.24), and nobody has accepted it (3.35.3).</summary>
    private static bool Counts(JsonElement result) => Said(result, "kind") is not ("pass" or "notApplicable") && Said(result, "baselineState") != "absent"
        && !(Items(result, "suppressions") ?? []).Any(s => Said(s, "status") is null or "accepted");

    /// <summary><c>security-severity</c> is a CVSS score (docs.github.com, SARIF support for code scanning).</summary>
    private static FindingSeverity Severity(JsonElement result, JsonElement rule) =>
        Severities.OfScore(Object(result, "properties"), "security-severity") ?? Severities.OfScore(Object(rule, "properties"), "security-severity")
        ?? (Said(result, "level") ?? Said(Object(rule, "defaultConfiguration"), "level")) switch
        {
            "error" => FindingSeverity.High,
            "note" or "none" => FindingSeverity.Low,
            _ => FindingSeverity.Medium,
        };

    private static string? Part(Regex regex, string message) => regex.Match(message) is { Success: true } match ? ReportReader.Filled(Cut(match.Groups[1].Value.Trim())) : null;

    /// <summary>Grype makes a rule of a vulnerability and a package, Trivy's template one with the severity before it.</summary>
    [GeneratedRegex(@"^(?:\[[A-Z]+\] )?(CVE-[0-9]{4}-[0-9]{4,}|GHSA(?:-[0-9a-z]{4}){3})(?:-.*)?$", RegexOptions.NonBacktracking)]
    private static partial Regex Vulnerability();

    [GeneratedRegex(@"^ *Package *: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Package();

    [GeneratedRegex(@"^ *(?:Installed )?Version *: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Installed();

    [GeneratedRegex(@"^ *(?:Fixed|Fix) [vV]ersion *: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Fixed();
}
