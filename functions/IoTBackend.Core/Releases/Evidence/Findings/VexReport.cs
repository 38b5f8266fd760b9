using System.Text.Json;
using System.Text.RegularExpressions;
using static IoTBackend.Core.Releases.Evidence.EvidenceJson;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>What somebody who knows an image says of its vulnerabilities. What is not said to be harmless is a finding, also while it is looked into.</summary>
internal static partial class VexReport
{
    /// <summary>Of one statement.</summary>
    private const int MostAliases = 10;

    /// <summary>cyclonedx.org, bom-1.6: <c>analysis.state</c>.</summary>
    public static ScanReport OfCycloneDx(JsonElement bom, IReadOnlyList<JsonElement> vulnerabilities, string digest)
    {
        var components = new Dictionary<string, FoundPackage>(StringComparer.Ordinal);
        foreach (var component in SbomReader.Components(bom))
        {
            if (Name(component, "bom-ref") is { } reference && Name(component, "name") is { } name)
                components.TryAdd(reference, new(name, Name(component, "version") ?? ""));
        }

        var all = vulnerabilities.Select(v => (Id: Name(v, "id")!, State: Said(Object(v, "analysis"), "state"), Vulnerability: v)).Where(v => v.Id is not null);
        return ReportReader.Report(
            "CycloneDX VEX", digest,
            all.Where(v => v.State is null or "exploitable" or "in_triage").SelectMany(v => Findings(v.Id, v.Vulnerability)),
            all.Where(v => v.State is "not_affected" or "false_positive" or "resolved" or "resolved_with_pedigree").Select(v => v.Id)) with
        {
            // Scanners write this form too, and analyse nothing.
            IsScan = !all.Any() || all.Any(v => v.State is null),
        };

        IEnumerable<Finding> Findings(string id, JsonElement vulnerability)
        {
            var severity = (Items(vulnerability, "ratings") ?? [])
                .Select(r => Severities.Of(Said(r, "severity")) is not FindingSeverity.Unknown and var said ? said : Severities.OfScore(r, "score") ?? FindingSeverity.Unknown).DefaultIfEmpty().Max();
            var hit = (Items(vulnerability, "affects") ?? []).Select(a => Name(a, "ref")).OfType<string>().Where(components.ContainsKey).Take(ScanReport.MostFindings).ToList();
            var mended = Mended(vulnerability);
            return hit.Count == 0 ? [new(id, severity, FixedIn: mended)]
                : hit.Select(reference => new Finding(id, severity, components[reference].Name, ReportReader.Filled(components[reference].Version), mended));
        }
    }

    /// <summary>A vulnerability is named by an object, in the specification's first version by its id alone.</summary>
    public static ScanReport OfOpenVex(IReadOnlyList<JsonElement> statements, string digest)
    {
        var all = statements.Select(s => (
            Id: Name(Object(s, "vulnerability"), "name") ?? Name(s, "vulnerability"), Status: Said(s, "status"),
            Aliases: (Items(Object(s, "vulnerability"), "aliases") ?? []).Select(a => Cut(Said(a))).OfType<string>().Take(MostAliases))).Where(s => s.Id is not null);
        return ReportReader.Report(
            "OpenVEX", digest,
            all.Where(s => s.Status is "affected" or "under_investigation").Select(s => new Finding(s.Id!, FindingSeverity.Unknown, Alias: s.Aliases.FirstOrDefault())),
            all.Where(s => s.Status is "not_affected" or "fixed").SelectMany(s => s.Aliases.Prepend(s.Id!))) with
        { IsScan = false };
    }

    /// <summary>A version that is said not to be affected, or what scanners advise.</summary>
    private static string? Mended(JsonElement vulnerability) =>
        (Items(vulnerability, "affects") ?? []).SelectMany(a => Items(a, "versions") ?? []).Where(v => Said(v, "status") == "unaffected").Select(v => Name(v, "version")).FirstOrDefault(v => v is not null)
        ?? (Name(vulnerability, "recommendation") is { } advice && Upgrade().Match(advice) is { Success: true } match ? match.Groups[1].Value : null);

    [GeneratedRegex(@"[Uu]pgrade .*?to (?:version )?v?([0-9][^\s;,]*)", RegexOptions.NonBacktracking)]
    private static partial Regex Upgrade();
}
