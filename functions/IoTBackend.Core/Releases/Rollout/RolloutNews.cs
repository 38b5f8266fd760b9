using System.Globalization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Tells operators of a rollout's steps, through the channels of the alerts. Each step is an alert of its own, open until the next one; a rollout that
/// waits for a decision is another. Told again, they have the same ids.
/// </summary>
public sealed class RolloutNews(IReleases releases, ITracks tracks, IDeviceCatalog catalog, IAlertQueue alerts)
{
    /// <summary>Steps after which nothing more is to come by itself.</summary>
    private static readonly HashSet<string> Ends = ["done", "cancelled", "superseded", "rolledBack"];

    private const int MostMismatches = 100;

    public async Task TellAsync(StagedRollout rollout, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(rollout.Release, cancellationToken) is not { Value: var release })
            return;
        var groups = (await tracks.FindAsync(rollout.Track, cancellationToken))?.Targets.Groups ?? [];
        var before = rollout.Last;
        foreach (var step in rollout.Owing.Where(s => s.IsAnnounced))
        {
            if (before is not null && !Ends.Contains(before.What))
                await SendAsync(Step(rollout, release, before, AlertChange.Cleared, step.At), groups, cancellationToken);
            await SendAsync(Step(rollout, release, step, AlertChange.Opened, step.At), groups, cancellationToken);
            if (Ends.Contains(step.What))
                await SendAsync(Step(rollout, release, step, AlertChange.Cleared, step.At), groups, cancellationToken);
            before = step;
        }

        if (rollout.AlertedAt is { } since)
            await SendAsync(Paused(rollout, release, since), groups, cancellationToken);
    }

    /// <summary>Devices that say they are done and are not: said before the devices' states are stored, under ids that stay.</summary>
    internal async Task MismatchesAsync(StagedRollout rollout, Release release, IReadOnlyList<BlockChange> changes, TurnFacts facts, CancellationToken cancellationToken)
    {
        const string Mismatch = "mismatch";
        var devices = changes.SelectMany(c => c.Before!.Devices.Zip(c.After.Devices)).Where(d => d.First.Code == Mismatch != (d.Second.Code == Mismatch)).ToList();
        foreach (var (before, after) in devices.Take(MostMismatches))
        {
            var groups = (await catalog.FindAsync(after.Id, cancellationToken))?.Groups ?? [];
            await alerts.EnqueueAsync(
                ImageMismatch.Of(after.Id, groups, release.Id, release.Digest, facts.Seen.GetValueOrDefault(after.Id)?.Digest, before.ToldAt ?? facts.Now, after.Code == Mismatch, facts.Now),
                cancellationToken);
        }
    }

    private Task SendAsync(AlertTransition alert, IReadOnlyList<string> groups, CancellationToken cancellationToken) =>
        alerts.EnqueueAsync(alert with { Groups = [.. groups.Where(g => g != "*")] }, cancellationToken);

    private static AlertTransition Step(StagedRollout rollout, Release release, RolloutStep step, AlertChange change, DateTimeOffset at)
    {
        var evidence = new Dictionary<string, object>
        {
            ["track"] = rollout.Track,
            ["release"] = release.Id,
            ["tag"] = release.Tag,
            ["digest"] = release.Digest,
            ["step"] = step.What,
            ["number"] = step.Number,
            ["by"] = step.By,
            ["wave"] = step.Wave,
            ["waves"] = rollout.Limits.Count,
        };
        if (step.Why is { } why)
            evidence["why"] = why;
        foreach (var (name, count) in step.Counts)
            evidence[$"devices.{name}"] = count;
        return new()
        {
            AlertId = AlertTransition.IdOf($"{rollout.Id}.{step.Number.ToString(CultureInfo.InvariantCulture)}", AlertKind.ReleaseStep, step.At),
            Change = change,
            Kind = AlertKind.ReleaseStep,
            Severity = Severity.Information,
            Summary = Words(rollout, release, step),
            RaisedAt = step.At,
            At = at,
            Evidence = evidence,
            By = step.By,
        };
    }

    private static string Words(StagedRollout rollout, Release release, RolloutStep step)
    {
        var what = step.What switch
        {
            "scheduled" => "is to go out",
            "begun" or "wave" => $"goes out: wave {step.Wave} of {rollout.Limits.Count}",
            "done" => $"is out: {step.Counts.Of(UpdateStep.Done)} devices run it, {step.Counts.Of(UpdateStep.Failed)} failed, {step.Counts.Of(UpdateStep.Waiting)} still wait",
            "stopped" => "was stopped",
            "paused" => "is paused",
            "resumed" => "goes on",
            "nextWave" => "does not wait for this wave's soak",
            "cancelled" => "goes out to no more devices",
            "superseded" => "goes out to no more devices",
            "rollingBack" => "is being taken back",
            "rolledBack" => "was taken back",
            "retried" => "is tried again where it failed",
            _ => step.What,
        };
        return $"{release.Tag} of track {rollout.Track} {what}{(step.By == StagedRollout.Backend ? "" : $" (by {step.By})")}.{(step.Why is null ? "" : $" {step.Why}")}";
    }

    private static AlertTransition Paused(StagedRollout rollout, Release release, DateTimeOffset since)
    {
        var open = rollout.State is RolloutState.Paused or RolloutState.Stopped;
        return new()
        {
            AlertId = AlertTransition.IdOf(rollout.Id, AlertKind.ReleasePaused, since),
            Change = open ? AlertChange.Opened : AlertChange.Cleared,
            Kind = AlertKind.ReleasePaused,
            Severity = rollout.State == RolloutState.Stopped ? Severity.Critical : Severity.Warning,
            Summary = open ? $"{release.Tag} of track {release.Track} {(rollout.State == RolloutState.Stopped ? "was stopped" : "is paused")}: {rollout.Reason}"
                : $"{release.Tag} of track {release.Track} no longer waits for a decision.",
            RaisedAt = since,
            At = open ? since : rollout.Owing.Count > 0 ? rollout.Owing[^1].At : since,
            Evidence = new Dictionary<string, object>
            {
                ["track"] = release.Track,
                ["release"] = release.Id,
                ["tag"] = release.Tag,
                ["digest"] = release.Digest,
                ["wave"] = rollout.Wave + 1,
                ["criteria"] = (rollout.Finding?.Criteria ?? []).Select(c => $"{c.Criterion}: {c.Reason}").ToArray(),
            },
        };
    }
}
