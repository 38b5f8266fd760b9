using System.Text.Json;
using System.Text.RegularExpressions;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>SARIF 2.1.0 as scanners of images write it: a rule is a vulnerability, a result a package that has it.</summary>
internal static partial class SarifReport
{
    /// <summary>Null = no run came to results, which is not to have found nothing (3.14.23, 3.20.14).</summary>
    public static IReadOnlyList<Finding>? Read(IReadOnlyList<JsonElement> runs)
    {
        var came = runs.Where(run => Items(run, "results") is not null && !(Items(run, "invocations") ?? []).Any(Failed)).ToList();
        return came.Count == 0 ? null : [.. came.SelectMany(Results)];
    }

    private static bool Failed(JsonElement invocation) =>
        invocation is { ValueKind: JsonValueKind.Object } i && i.TryGetProperty("executionSuccessful", out var successful) && successful.ValueKind == JsonValueKind.False;

    private static IEnumerable<Finding> Results(JsonElement run)
    {
        var rules = Items(Object(Object(run, "tool"), "driver"), "rules") ?? [];
        var byId = rules.Where(r => Text(r, "id") is not null).DistinctBy(r => Text(r, "id")).ToDictionary(r => Text(r, "id")!, StringComparer.Ordinal);
        foreach (var result in Items(run, "results") ?? [])
        {
            var rule = (Number(result, "ruleIndex") ?? Number(Object(result, "rule"), "index")) is >= 0 and var index && index < rules.Count ? rules[(int)index] : default;
            if ((Text(result, "ruleId") ?? Text(Object(result, "rule"), "id") ?? Text(rule, "id")) is not { } id || !Counts(result))
                continue;
            if (byId.TryGetValue(id, out var named))
                rule = named;
            var message = Text(Object(result, "message"), "text") ?? "";
            yield return new(id, Severity(result, rule), Part(Package(), message), Part(Installed(), message), Part(Fixed(), message));
        }
    }

    /// <summary>It failed, is still there (3.27.24), and nobody has accepted it (3.35.3).</summary>
    private static bool Counts(JsonElement result) => Text(result, "kind") is not ("pass" or "notApplicable") && Text(result, "baselineState") != "absent"
        && !(Items(result, "suppressions") ?? []).Any(s => Text(s, "status") is null or "accepted");

    /// <summary><c>security-severity</c> is a CVSS score (docs.github.com, SARIF support for code scanning).</summary>
    private static FindingSeverity Severity(JsonElement result, JsonElement rule) =>
        Severities.OfScore(Object(result, "properties"), "security-severity") ?? Severities.OfScore(Object(rule, "properties"), "security-severity")
        ?? (Text(result, "level") ?? Text(Object(rule, "defaultConfiguration"), "level")) switch
        {
            "error" => FindingSeverity.High,
            "note" or "none" => FindingSeverity.Low,
            _ => FindingSeverity.Medium,
        };

    private static string? Part(Regex regex, string message) => regex.Match(message) is { Success: true } match ? ReportReader.Filled(match.Groups[1].Value.Trim()) : null;

    [GeneratedRegex(@"^Package: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Package();

    [GeneratedRegex(@"^Installed Version: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Installed();

    [GeneratedRegex(@"^Fixed Version: (.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Fixed();
}
