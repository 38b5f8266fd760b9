using System.CommandLine;
using System.Globalization;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot rollout ...</c>: a release on its way out.</summary>
internal static class RolloutCommands
{
    private static readonly Argument<string> Id = new("RELEASE") { Description = "The release" };
    private static readonly Option<string> Why = new("--why") { Description = "For the timeline", HelpName = "TEXT" };

    private static readonly Option<DateTimeOffset?> At = new("--at") { Description = "When, with its offset: 2026-12-01T02:00:00+01:00; now by default", HelpName = "TIME" };

    public static Verb Make(Surroundings around) => new Verb("rollout", "A release on its way out, in waves").Takes(
        new Verb("show", "How far it is, who waits and why, what the figures say, when it may be through", "iot rollout show RELEASE").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetRolloutAsync(call.Get(Id), cancellationToken), rollout => RolloutTables.Show(call.Screen, rollout))),
        Decision(around, "start", "Starts one that waits for an operator, now or at a time", "", (call, decision, seen, cancellationToken) =>
            call.Backend.StartRolloutAsync(call.Get(Id), new() { At = call.Get(At), By = decision.By, Why = decision.Why }, seen, cancellationToken)).Takes(At),
        Decision(around, "pause", "Tells no further device; those that have begun go on", "", (call, decision, seen, cancellationToken) => call.Backend.PauseRolloutAsync(call.Get(Id), decision, seen, cancellationToken)),
        Decision(around, "resume", "Goes on with one that is paused or was stopped", "", (call, decision, seen, cancellationToken) => call.Backend.ResumeRolloutAsync(call.Get(Id), decision, seen, cancellationToken)),
        Decision(around, "next-wave", "Begins the next wave now, without waiting for the rest of this one", "", (call, decision, seen, cancellationToken) => call.Backend.NextWaveAsync(call.Get(Id), decision, seen, cancellationToken)),
        Decision(around, "retry", "Tells the devices that failed once more", "", (call, decision, seen, cancellationToken) => call.Backend.RetryFailedAsync(call.Get(Id), decision, seen, cancellationToken), Retried),
        Decision(around, "cancel", "Ends it: devices that have the release keep it, no other gets it", "No other device gets {0}. Cancel its rollout?",
            (call, decision, seen, cancellationToken) => call.Backend.CancelRolloutAsync(call.Get(Id), decision, seen, cancellationToken)),
        Decision(around, "rollback", "Takes the release back: every device is told what it ran before", "Every device that has {0} is told what it ran before. Roll back?",
            (call, decision, seen, cancellationToken) => call.Backend.RollBackAsync(call.Get(Id), decision, seen, cancellationToken)));

    private static Verb Decision(Surroundings around, string name, string description, string question, Func<Call, DecisionGiven, string?, CancellationToken, Task<RolloutDocument>> decide,
        Func<RolloutDocument, string>? outcome = null)
    {
        var verb = new Verb(name, description, $"iot rollout {name} RELEASE --why \"Batteries drain\"{(question.Length > 0 ? " --yes" : "")}").Takes(Id, Why, Shared.By, Shared.Seen);
        if (question.Length > 0)
            verb.Takes(Shared.Yes);
        return verb.Calls(around, async (call, cancellationToken) =>
        {
            var seen = call.Get(Shared.Seen);
            var asks = question.Length > 0 && !call.Get(Shared.Yes);
            var asked = asks || outcome is not null ? await call.Backend.GetRolloutAsync(call.Get(Id), cancellationToken) : null;
            if (asks && asked is not null)
                call.Confirm($"It is {asked.State}, {RolloutTables.Counts(asked.Counts)}. {string.Format(null, question, call.Get(Id))}");
            // What is answered, or said of it, is of what was asked.
            seen ??= asked?.Number.ToString(CultureInfo.InvariantCulture);
            var rollout = await decide(call, new() { By = call.By, Why = call.Get(Why) }, seen, cancellationToken);
            var starts = rollout is { State: "scheduled", StartAt: { } start } ? $" and starts {(start <= call.Screen.Now ? "now" : Words.Time(start, call.Screen.Now))}" : "";
            call.Screen.Did($"{rollout.Release} is {rollout.State}{starts}{(rollout.Reason is null ? "" : $": {rollout.Reason}")}{(asked is null ? "" : outcome?.Invoke(asked))}", rollout);
        });
    }

    /// <param name="before">It says how many had failed.</param>
    private static string Retried(RolloutDocument before) => before.Counts.GetValueOrDefault("failed") switch
    {
        1 => ". 1 device that failed is told once more.",
        var failed => $". {Words.Count(failed)} devices that failed are told once more.",
    };
}
