using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Rollouts as people read them.</summary>
internal static class RolloutTables
{
    private static readonly Table<CriterionFinding> Criteria = new(
        new("CRITERION", c => c.Criterion),
        new("SAYS", c => c.Answer, c => Shades.Of(c.Answer)),
        new("WHY", c => c.Reason));

    private static readonly Table<TimelineStep> Steps = new(
        new("WHEN", s => $"{s.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"),
        new("WAVE", s => $"{s.Wave}", IsNumber: true),
        new("STATE", s => s.State ?? "", s => Shades.Of(s.State ?? "")),
        new("WHAT", s => s.What),
        new("BY", s => s.By),
        new("WHY", s => s.Why ?? "", CutTo: 24));

    public static void Show(Screen screen, RolloutDocument rollout)
    {
        var now = screen.Now;
        new Facts()
            .Add("Release", rollout.Release)
            .Add("Version", $"{rollout.Number}")
            .Add("State", rollout.State, Shades.Of(rollout.State))
            .Add("Why", rollout.Reason)
            .Add("Wave", rollout.Limits.Count == 0 ? null : $"{rollout.Wave} of {rollout.Limits.Count}, since {Words.Time(rollout.WaveSince, now)}")
            .Add("Starts", rollout.State == "scheduled" ? rollout.StartAt is null ? "when an operator says so (iot rollout start)" : Words.Time(rollout.StartAt, now) : null)
            .Add("Ended", Words.Time(rollout.EndedAt, now))
            .Add("Devices", rollout.Limits.Count == 0 ? null : $"{Words.Count(rollout.Fleet)}: {Counts(rollout.Counts)}")
            .Add("Waiting for", Counts(rollout.Waiting))
            .Add("Failed", Counts(rollout.Failed), Shades.Bad)
            .Add("Left out", Counts(rollout.Lost))
            .Add("Window opens", Words.Time(rollout.WindowOpensAt, now))
            .Add("Asked again", Words.Time(rollout.AskAgainAt, now))
            .Add("Through", rollout.Forecast.Count > 0 ? Words.Time(rollout.Forecast[^1].Ends, now) + ", if all goes well" : null)
            .Draw(screen);
        if (rollout.Criteria.Count == 0)
            return;
        screen.Heading("What the figures say");
        Criteria.Draw(screen, rollout.Criteria);
    }

    public static void Timeline(Screen screen, Timeline timeline) => Steps.Draw(screen, timeline.Steps);

    public static string Counts(IReadOnlyDictionary<string, long> counts) => Words.List(counts.Where(count => count.Value > 0).Select(count => $"{Words.Count(count.Value)} {count.Key}"));
}
