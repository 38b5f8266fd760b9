using System.Globalization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Benchmarks.Rollouts;

/// <summary>How often good images are stopped, and bad ones not.</summary>
internal static class RolloutCalibration
{
    public const string Help = """
        scripts/bench rollouts-calibration [--replays N]

          --replays N   releases over made-up fleets, and as many over recorded ones; 1000 by default
        """;

    public static int Run(BenchmarkOptions options)
    {
        var replays = options.Number("--replays", 1000);
        Console.WriteLine("image                       replays  stopped by failures, silence, restarts, drain   paused   waves   days   drain: no verdict  not worse first  worse");
        var rules = new TrackRollout();
        foreach (var (name, effect) in new (string, ImageEffect)[]
        {
            ("good", new()), ("drains 25 % faster", new(Drain: 1.25)), ("drains 50 % faster", new(Drain: 1.5)), ("empties 3 of 10 devices", new(Terrible: 0.3)),
            ("empties 7 of 10 devices", new(Terrible: 0.7)), ("crashes 8 % of arm/v7", new(Crashes: 0.08)), ("crashes 30 % of arm/v7", new(Crashes: 0.3)), ("restarts 20 % over and over", new(Loops: 0.2)),
        })
            Say($"simulated, {name}", Many(replays, seed => SimulatedRelease.Run(seed, effect, rules)));
        return 0;
    }

    public static ReplayOutcome[] Many(int replays, Func<int, ReplayOutcome?> run) =>
        [.. ParallelEnumerable.Range(1, replays).WithDegreeOfParallelism(2).Select(run).OfType<ReplayOutcome>()];

    public static void Say(string name, ReplayOutcome[] outcomes)
    {
        var by = outcomes.Where(o => o.StoppedBy is not null).CountBy(o => o.StoppedBy!).ToDictionary();
        var stopped = string.Join(", ", new[] { "failures", "silence", "restarts", "drain" }.Select(c => by.GetValueOrDefault(c)));
        int Count(Answer? answer) => outcomes.Count(o => o.FirstDrain == answer);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-42} {outcomes.Length,5}  {stopped,-18} {outcomes.Count(o => o.Paused),5} {outcomes.Average(o => o.Waves),5:0.0} {outcomes.Average(o => o.Took.TotalDays),5:0.0}   {Count(null)}, {Count(Answer.NotWorse)}, {Count(Answer.Worse)}"));
    }
}
