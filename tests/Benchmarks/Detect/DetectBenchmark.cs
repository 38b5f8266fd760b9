using System.Diagnostics;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>All detectors on one core, and the recorded data under them and under rules of thumb.</summary>
internal static class DetectBenchmark
{
    public const string Help = """
        scripts/bench detect [--seconds N] [--rules] [--made-up | --made-up-drains [--fleets N] [--only WORD]] [--made-up-sites [--sites N] [--only WORD] [--why]]

          --seconds N   length of each of three measurements; 5 by default
          --rules       scores the detectors beside rules of thumb on the recorded data in ../shared/data (needs python3)
          --made-up     scores them on fleets of made-up batteries instead: alerts, forecasts and their intervals
          --made-up-drains   what is said of charges lost in days, and of batteries changed, by kind
          --fleets N    fleets of six devices of each made-up kind; 4 by default, 6 for drains
          --only WORD   only the made-up kinds whose name has the word
          --made-up-sites   scores silences, groups, causes and losses on made-up sites
          --sites N     sites of each kind; 6 by default
          --why         says on stderr what was missed, false or wrong
        """;

    private const int Devices = 2000;

    public static int Run(BenchmarkOptions options)
    {
        if (options.Has("--rules"))
            return RuleComparison.Run();
        if (options.Has("--made-up"))
            return MadeUpFleets.Run(options.Number("--fleets", 4), options.Text("--only", ""));
        if (options.Has("--made-up-drains"))
            return MadeUpDrains.Run(options.Number("--fleets", 6), options.Text("--only", ""));
        if (options.Has("--made-up-sites"))
            return MadeUpSiteTable.Run(options.Number("--sites", 6), options.Text("--only", ""), options.Has("--why"));
        Console.WriteLine($"{Devices} devices, every detector, one thread; goals: 1,000,000 readings/s, 0 bytes per reading");
        var fleet = new Fleet();
        fleet.Report(TimeSpan.FromSeconds(2));
        for (var run = 1; run <= 3; run++)
            Console.WriteLine(fleet.Report(options.Seconds("--seconds", 5)));
        return 0;
    }

    private sealed class Fleet
    {
        private readonly DetectionState[] _states = new DetectionState[Devices];
        private readonly DetectionPolicy _policy = new() { Battery = new("li-ion", 3.5, 3.3), ReportingInterval = TimeSpan.FromMinutes(1) };
        private readonly List<Signal> _signals = [];
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private long _round;

        public string Report(TimeSpan length)
        {
            var (clock, readings, bytes) = (Stopwatch.StartNew(), 0L, GC.GetAllocatedBytesForCurrentThread());
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var said = 0L;
            while (clock.Elapsed < length)
            {
                _round++;
                _now = _now.AddMinutes(1);
                for (var device = 0; device < Devices; device++)
                {
                    var reading = new Reading
                    {
                        Time = _now.AddMilliseconds(-device),
                        Sequence = _round,
                        BatteryVoltage = 4.1 - 1e-6 * _round + 0.005 * ((_round + device) % 3),
                        BatteryPercent = 90 - 1e-5 * _round,
                        Rssi = -70 - (_round + device) % 7,
                        Gateway = "gateway-7",
                        Track = "sensor",
                        Digest = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
                    };
                    Detectors.Observe(_policy, ref _states[device], in reading, _now.AddMilliseconds(device % 50), _signals);
                    _ = Detectors.DueAt(_policy, in _states[device]);
                }
                readings += Devices;
                said += _signals.Count;
                _signals.Clear();
            }
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            return $"{readings / cpu.TotalSeconds,12:N0} readings/s of a core {readings / clock.Elapsed.TotalSeconds,12:N0}/s by the clock {(double)bytes / readings,8:0.000} bytes/reading  ({readings:N0} readings, {said} signals)";
        }
    }
}
