using System.Globalization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Benchmarks.Rollouts;

/// <summary>How often good images are stopped, and bad ones not.</summary>
internal static class RolloutCalibration
{
    public const string Help = """
        scripts/bench rollouts-calibration [--replays N]

          --replays N    releases over made-up fleets, a fifth of it over fleets of ten times the devices, and as many over recorded ones (where they are); 1000 by default
          --only WORD    only the rows whose name has the word
          --list         every replay as well: how it ended, its fleet, what was said of the drain last
        """;

    public static int Run(BenchmarkOptions options)
    {
        var replays = options.Number("--replays", 1000);
        var only = options.Text("--only", "");
        Console.WriteLine("image                                                  replays  stopped by failures, silence, restarts, drain; paused; waves, days each; first verdict on the drain: none, not worse, worse");
        var rules = new TrackRollout();
        void Say(string name, int count, Func<int, ReplayOutcome?> run)
        {
            if (!name.Contains(only, StringComparison.Ordinal))
                return;
            var outcomes = new List<ReplayOutcome>(count);
            // Not at every time enough devices were recorded.
            for (var seed = 1; outcomes.Count < count && seed < 10 * count;)
            {
                var missing = count - outcomes.Count;
                outcomes.AddRange(ParallelEnumerable.Range(seed, missing).AsOrdered().Select(run).OfType<ReplayOutcome>());
                seed += missing;
            }

            Print(name, outcomes, options.Has("--list"));
        }

        foreach (var (name, effect) in new (string, ImageEffect)[]
        {
            ("good", new()), ("drains 25 % faster", new(Drain: 1.25)), ("drains 50 % faster", new(Drain: 1.5)), ("empties 3 of 10 devices", new(Terrible: 0.3)),
            ("empties 7 of 10 devices", new(Terrible: 0.7)), ("crashes 8 % of arm/v7", new(Crashes: 0.08)), ("crashes 30 % of arm/v7", new(Crashes: 0.3)), ("restarts 20 % over and over", new(Loops: 0.2)),
        })
            Say($"simulated, {name}", replays, seed => SimulatedRelease.Run(seed, effect, rules));
        foreach (var (name, effect) in new (string, ImageEffect)[] { ("good", new()), ("drains 25 % faster", new(Drain: 1.25)), ("crashes 8 % of arm/v7", new(Crashes: 0.08)) })
            Say($"simulated, ten times the devices, {name}", Math.Max(1, replays / 5), seed => SimulatedRelease.Run(seed, effect, rules, 10));
        if (RecordedRelease.Load() is not { } recorded)
        {
            Console.WriteLine("The recordings (shared/data beside the checkout) are not here: their half is left out.");
            return 0;
        }
        foreach (var (name, drain) in new[] { ("good", 1), ("drains 25 % faster", 1.25), ("drains twice as fast", 2) })
            Say($"recorded, {name}", replays, seed => recorded.Run(seed, drain));
        return 0;
    }

    private static void Print(string name, List<ReplayOutcome> outcomes, bool each)
    {
        foreach (var o in each ? outcomes : [])
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {(o.Paused ? "paused" : o.StoppedBy is null ? "went through" : $"stopped by {o.StoppedBy}")} after {o.Took.TotalDays:0.0} d, {o.Fleet}: {o.Said}"));
        var by = outcomes.Where(o => o.StoppedBy is not null).CountBy(o => o.StoppedBy!).ToDictionary();
        var stopped = string.Join(", ", new[] { "failures", "silence", "restarts", "drain" }.Select(c => by.GetValueOrDefault(c)));
        int Count(Answer? answer) => outcomes.Count(o => o.FirstDrain == answer);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-54} {outcomes.Count,5}  {stopped,-18} {outcomes.Count(o => o.Paused),5} {outcomes.Average(o => o.Waves),5:0.0} {outcomes.Average(o => o.Took.TotalDays),5:0.0}   {Count(null)}, {Count(Answer.NotWorse)}, {Count(Answer.Worse)}"));
    }
}
