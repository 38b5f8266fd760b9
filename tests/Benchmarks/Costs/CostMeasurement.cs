using System.Globalization;
using System.Text.Json;
using IoTBackend.Cost;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>
/// What Azure would bill, counted on the running stack with the templates' settings: at rest, and for each fleet at two rhythms.
/// Every fleet gets a stack of its own, and its registrations give it time, so that nothing falls silent while it is measured.
/// </summary>
internal static class CostMeasurement
{
    /// <summary>Above this many, a fifth of the devices sends five times as often: the same readings and batches, sooner registered.</summary>
    private const int MostSenders = 20_000;

    /// <summary>Readings of a device an hour, and in a request; each load larger than the one before.</summary>
    private static readonly (int PerHour, int PerRequest)[] Rhythms = [(12, 1), (60, 1)];

    /// <summary>With the largest fleet, in tens too: from the difference follows what a request takes of processors, beside its readings.</summary>
    private static readonly (int PerHour, int PerRequest)[] RhythmsOfTheLargest = [(12, 1), (60, 10), (60, 1)];

    public const string Help = """
        scripts/bench cost [--settings NAME] [--seconds N] [--fleets N,N,...] [--out FILE]

          --settings NAME  of infra/NAME.bicepparam: dev, or small; dev by default
          --seconds N      length of each measurement; 60 by default, so that what runs every minute runs once
          --fleets N,...   devices; 1000,10000,100000 by default, for small 1000
          --out FILE       where to write; infra/NAME.measured.json by default, which scripts/cost reckons with
        """;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var duration = options.Seconds("--seconds", 60);
        var profile = Profile.Of(options.Text("--settings", Profile.Dev.Name));
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        var points = new List<MeasuredPoint>();
        Console.WriteLine($"{"devices",8} {"an hour",8} {"each",5} {"readings/s",11} {"tables",9} {"queues",9} {"blobs",9} {"runs",7} {"CPU s",7} {"billed s",9}   for 1,000 readings (at rest: in all)");
        var sizes = options.Numbers("--fleets", profile == Profile.Dev ? "1000,10000,100000" : "1000");
        foreach (var devices in sizes)
        {
            await using var stack = new MeasuredStack(profile);
            await stack.StartAsync();
            if (points.Count == 0)
                Add(await stack.MeasureAsync(0, 0, 1, 0, duration));
            var senders = Math.Min(devices, devices > MostSenders ? devices / 5 : devices);
            await stack.RegisterAsync(senders);
            foreach (var (perHour, perRequest) in devices == sizes.Max() && profile == Profile.Dev ? RhythmsOfTheLargest : Rhythms)
                Add(await stack.MeasureAsync(devices, perHour, perRequest, senders, duration));
        }

        var measured = new Measurement(
            TimeProvider.System.GetUtcNow(),
            $"scripts/bench cost on {Environment.ProcessorCount} cores (load average {load} before it began), storage emulator and hub emulator on the same machine; {duration.TotalSeconds} s each",
            PacedLoad.Reading(0).Length + EnvelopeBytes, points, profile.Name);
        var file = options.Text("--out", Path.Combine(StackLayout.OfThisBuild().Root, "infra", $"{profile.Name}.measured.json"));
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(measured, Indented) + "\n");
        Console.WriteLine($"written to {file}");
        return 0;

        void Add(MeasuredPoint point)
        {
            points.Add(points.Count == 0 ? point : point.AsIfKeptUp(points[0]));
            Print(points[^1]);
        }
    }

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Device id, content type, annotations and framing of one event, as the hub stores it (measured: 383 bytes on disk for 256 of body).</summary>
    private const int EnvelopeBytes = 127;

    private static void Print(MeasuredPoint point)
    {
        var per = point.Readings == 0 ? 1 : 1000m / point.Readings;
        decimal Requests(string service) => per * point.Requests.Where(r => r.Key.StartsWith(service, StringComparison.Ordinal)).Sum(r => r.Value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{point.Devices,8:N0} {point.PerHour,8} {point.PerRequest,5} {point.PerSecond,11:N1} {Requests("tables"),9:N1} {Requests("queues"),9:N1} {Requests("blobs"),9:N1} {per * point.Runs.Values.Sum(),7:N0} {per * point.CpuSeconds,7:N2} {per * point.BilledSeconds.Values.Sum(),9:N2}"));
    }
}
