using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot releases ...</c></summary>
internal static class ReleaseCommands
{
    private static readonly Argument<string> Id = new("ID") { Description = "The release" };
    private static readonly Argument<string> Gate = new("GATE") { Description = "The gate that holds it, as iot releases show names it" };
    private static readonly Argument<string> Report = new("FILE") { Description = "A scan's report or an SBOM: SARIF, Trivy, Grype, CycloneDX, SPDX, as JSON; - reads standard input" };
    private static readonly Option<string> Track = new("--track") { Description = "Only of this track", HelpName = "TRACK" };
    private static readonly Option<string> Note = new("--note") { Description = "A remark", HelpName = "TEXT" };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why; kept with the release", HelpName = "TEXT", Required = true };

    public static Verb Make(Surroundings around) => new Verb("releases", "Images, from push to proven").Takes(
        new Verb("list", "Releases, the newest first", "iot releases list --track sensor").Takes(Track, Paging.Top, Paging.All).Calls(around, ListAsync),
        new Verb("show", "A release in full: gates with their verdicts, approvals, platforms", "iot releases show RELEASE").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetReleaseAsync(call.Get(Id), cancellationToken), release => ReleaseTables.Show(call.Screen, release))),
        new Verb("devices", "How far each device is with a release, and why it waits", "iot releases devices RELEASE").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetReleaseDevicesAsync(call.Get(Id), cancellationToken), devices => ReleaseTables.Devices(call.Screen, devices))),
        new Verb("dry-run", "What would happen if it went out now: to whom, how much to download, what stands in the way", "iot releases dry-run RELEASE").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetReleaseDryRunAsync(call.Get(Id), cancellationToken), answer => ReleaseTables.DryRun(call.Screen, answer))),
        new Verb("timeline", "What was decided about a release and the steps of its rollout, the newest first, with who and why", "iot releases timeline RELEASE").Takes(Id, Paging.Top)
            .Calls(around, async (call, cancellationToken) =>
                call.Screen.Show(await call.Backend.GetRolloutTimelineAsync(call.Get(Id), call.Get(Paging.Top), cancellationToken), timeline => RolloutTables.Timeline(call.Screen, timeline))),
        new Verb("approve", "Approves a release", "iot releases approve RELEASE --by anna --note \"Tested on site\"").Takes(Id, Shared.By, Note, Shared.Seen)
            .Calls(around, async (call, cancellationToken) =>
                Became(call, "is approved", await call.Backend.ApproveReleaseAsync(call.Get(Id), new() { By = call.By, Note = call.Get(Note) }, call.Get(Shared.Seen), cancellationToken))),
        new Verb("override", "Lets a release pass a gate that holds it", "iot releases override RELEASE platforms --reason \"The others follow next week\"").Takes(Id, Gate, Reason, Shared.By, Shared.Seen)
            .Calls(around, async (call, cancellationToken) =>
                Became(call, $"passes {call.Get(Gate)}", await call.Backend.OverrideGateAsync(call.Get(Id), new() { Gate = call.Get(Gate), By = call.By, Reason = call.Get(Reason) }, call.Get(Shared.Seen), cancellationToken))),
        new Verb("evidence", "Sends a scan's report or an SBOM of a release", "iot releases evidence RELEASE trivy.json", "trivy image -f json IMAGE | iot releases evidence RELEASE -").Takes(Id, Report)
            .Calls(around, EvidenceAsync)).OrElseTheFirst();

    private static async Task ListAsync(Call call, CancellationToken cancellationToken)
    {
        var wanted = Paging.Wanted(call);
        var releases = (await call.Backend.ListReleasesAsync(call.Get(Track), cancellationToken)).Releases;
        // Those of a track that was removed stay; where there are none, there may be no such track.
        if (releases.Count == 0 && call.Get(Track) is { } track)
            await call.Backend.GetTrackAsync(track, cancellationToken);
        call.Screen.List(Paging.Cut(call, releases, wanted), ReleaseTables.List(call.Screen.Now), "No release yet.");
    }

    private static async Task EvidenceAsync(Call call, CancellationToken cancellationToken)
    {
        var taken = await call.Backend.SendEvidenceAsync(call.Get(Id), await ReadAsync(call, cancellationToken), cancellationToken);
        call.Screen.Did($"Taken as {taken.Form}: {Words.Count(taken.Findings)} findings, {Words.Count(taken.Packages)} packages.", taken);
    }

    private static async Task<JsonNode> ReadAsync(Call call, CancellationToken cancellationToken)
    {
        var file = call.Get(Report);
        try
        {
            var text = file == "-" ? await call.Around.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(file, cancellationToken);
            return JsonNode.Parse(text) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw CliException.Usage($"{file} is not JSON.");
        }
    }

    private static void Became(Call call, string what, ReleaseDocument release) =>
        call.Screen.Did($"{release.Id} {what}. It is {release.State}{Stands(release)}.", release);

    private static string Stands(ReleaseDocument release) =>
        release.Gates.FirstOrDefault(gate => gate.Verdict is "held" or "waiting") is { } gate ? $": {gate.Gate}: {gate.Reason.TrimEnd('.')}" : "";
}
