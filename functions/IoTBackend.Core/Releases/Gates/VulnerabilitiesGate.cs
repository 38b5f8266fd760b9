using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>A scan has come, and what it found is not worse than allowed.</summary>
public sealed class VulnerabilitiesGate() : Gate<VulnerabilitiesGate.Found>("vulnerabilities")
{
    private const int Named = 5;

    /// <param name="Reports">Form and digest of each scan. Not in the evidence's digest: tomorrow's scan that finds the same changes no verdict and no override.</param>
    /// <param name="Worse">Findings that count and are too bad.</param>
    /// <param name="Aside">How many were too bad and do not count: allowed, not mendable, or not affected.</param>
    public sealed record Found(
        [property: JsonIgnore] IReadOnlyList<string> Reports, IReadOnlyList<Finding> Worse, [property: JsonIgnore] int Aside, [property: JsonIgnore] IReadOnlyList<string> Faults);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.Vulnerabilities is null ? "No scan is asked for." : null;

    protected override async Task<Found> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var attached = await release.Attached.Value;
        return Sift(attached.Reports, release.Track.Gates.Vulnerabilities!, release.Now, attached.Faults);
    }

    /// <summary>Also what is out is judged by this, again and again.</summary>
    public static Found Sift(IReadOnlyList<ScanReport> reports, VulnerabilityRules rules, DateTimeOffset now, IReadOnlyList<string> faults)
    {
        var spared = reports.SelectMany(r => r.NotAffected).Concat(rules.Allow.Where(a => !(a.Until <= now)).Select(a => a.Id)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var bad = reports.SelectMany(r => r.Findings).Where(f => (int)f.Counted > (int)rules.MaxSeverity).DistinctBy(f => (f.Id, f.Package, f.Version)).ToList();
        var worse = bad.Where(f => !f.Is(spared.Contains) && (f.FixedIn is not null || !rules.FixableOnly)).OrderByDescending(f => f.Severity).ThenBy(f => f.Id, StringComparer.Ordinal)
            .ThenBy(f => f.Package, StringComparer.Ordinal).ThenBy(f => f.Version, StringComparer.Ordinal).ToList();
        return new([.. reports.Where(r => r.IsScan).Select(r => $"{r.Form} {r.Digest}").Distinct().Order(StringComparer.Ordinal)], worse, bad.Count - worse.Count, faults);
    }

    public override Judgement Judge(GateCase release, Found evidence)
    {
        var rules = release.Track.Gates.Vulnerabilities!;
        if (evidence.Reports.Count == 0)
        {
            var until = release.Release.FirstSeenAt + rules.Within;
            var why = AttachedEvidence.InWords(evidence.Faults);
            return release.Now < until ? Judgement.Wait($"No scan's report is there yet.{why}", until) : Judgement.Hold($"No scan's report came by {until:u}.{why}");
        }

        var aside = evidence.Aside == 0 ? "" : evidence.Aside == 1 ? " A worse one does not count here." : $" {evidence.Aside} worse ones do not count here.";
        return evidence.Worse.Count == 0
            ? Judgement.Pass($"Scanned ({Count(evidence.Reports.Count, "report")}); nothing worse than {Word(rules.MaxSeverity)}.{aside}")
            : Judgement.Hold($"{Count(evidence.Worse.Count, "finding")} worse than {Word(rules.MaxSeverity)}: {string.Join(", ", evidence.Worse.Take(Named).Select(Said))}{(evidence.Worse.Count > Named ? " ..." : "")}.{aside}");
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

    private static string Word(Enum severity) => severity.ToString().ToLowerInvariant();

    private static string Said(Finding f) =>
        $"{f.Id} ({Word(f.Severity)}{(f.Package is null ? "" : $", {f.Package} {f.Version}".TrimEnd())}{(f.FixedIn is null ? "" : $", mended in {f.FixedIn}")})";
}
