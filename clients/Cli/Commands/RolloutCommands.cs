using System.CommandLine;
using IoTBackend.Cli.Api;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot rollout ...</c>: a release on its way out.</summary>
internal static class RolloutCommands
{
    private static readonly Argument<string> Id = new("RELEASE") { Description = "The release" };
    private static readonly Option<string> Why = new("--why") { Description = "For the timeline", HelpName = "TEXT" };

    public static Verb Make(Surroundings around) => new Verb("rollout", "A release on its way out, in waves").Takes(
        new Verb("show", "How far it is, who waits and why, what the figures say, when it may be through", "iot rollout show RELEASE").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetRolloutAsync(call.Get(Id), cancellationToken), rollout => RolloutTables.Show(call.Screen, rollout))),
        Decision(around, "start", "Starts one that waits for an operator", "", (call, decision, cancellationToken) =>
            call.Backend.StartRolloutAsync(call.Get(Id), new() { By = decision.By, Why = decision.Why }, cancellationToken)),
        Decision(around, "pause", "Tells no further device; those that have begun go on", "", (call, decision, cancellationToken) => call.Backend.PauseRolloutAsync(call.Get(Id), decision, cancellationToken)),
        Decision(around, "resume", "Goes on with one that is paused or was stopped", "", (call, decision, cancellationToken) => call.Backend.ResumeRolloutAsync(call.Get(Id), decision, cancellationToken)),
        Decision(around, "next-wave", "Begins the next wave as soon as this one's devices are through", "", (call, decision, cancellationToken) => call.Backend.NextWaveAsync(call.Get(Id), decision, cancellationToken)),
        Decision(around, "retry", "Tells the devices that failed once more", "", (call, decision, cancellationToken) => call.Backend.RetryFailedAsync(call.Get(Id), decision, cancellationToken)),
        Decision(around, "cancel", "Ends it: devices that have the release keep it, no other gets it", "No other device gets {0}. Cancel its rollout?",
            (call, decision, cancellationToken) => call.Backend.CancelRolloutAsync(call.Get(Id), decision, cancellationToken)),
        Decision(around, "rollback", "Takes the release back: every device is told what it ran before", "Every device that has {0} is told what it ran before. Roll back?",
            (call, decision, cancellationToken) => call.Backend.RollBackAsync(call.Get(Id), decision, cancellationToken)));

    private static Verb Decision(Surroundings around, string name, string description, string question, Func<Call, DecisionGiven, CancellationToken, Task<RolloutDocument>> decide)
    {
        var verb = new Verb(name, description, $"iot rollout {name} RELEASE --why \"Batteries drain\"{(question.Length > 0 ? " --yes" : "")}").Takes(Id, Why, Shared.By);
        if (question.Length > 0)
            verb.Takes(Shared.Yes);
        return verb.Calls(around, async (call, cancellationToken) =>
        {
            if (question.Length > 0)
                call.Confirm(string.Format(null, question, call.Get(Id)));
            var rollout = await decide(call, new() { By = call.By, Why = call.Get(Why) }, cancellationToken);
            call.Screen.Did($"{rollout.Release} is {rollout.State}{(rollout.Reason is null ? "" : $": {rollout.Reason}")}", rollout);
        });
    }
}
