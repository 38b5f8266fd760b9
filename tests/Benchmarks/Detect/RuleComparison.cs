using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IoTBackend.Backtest;
using IoTBackend.Core.Detection;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>Scores the detectors and rules of thumb on the recorded data, as tables in Markdown.</summary>
internal static class RuleComparison
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly (string Set, TimeSpan Step)[] Sets =
    [
        ("campusiot", TimeSpan.FromDays(1)), ("encom_discharge", TimeSpan.FromHours(1)), ("ulb_library", TimeSpan.FromHours(1)), ("margay_aa", TimeSpan.FromHours(6)), ("gcnet", TimeSpan.FromDays(1)),
    ];

    private static readonly (string Name, TimeoutRule Rule)[] Timeouts =
    [
        ("fixed 600 s", new(TimeSpan.FromMinutes(10), 0)),
        ("2 x interval", new(null, 2)),
        ("5 x interval", new(null, 5)),
    ];

    private static readonly (string Name, VoltageRule Rule)[] Voltages =
    [
        ("bare threshold", new(0, false)),
        ("threshold with 5 % hysteresis", new(0.05, false)),
        ("24 h median", new(0, true)),
    ];

    public static int Run()
    {
        if (Find("shared/data/campusiot.csv.gz") is not { } found)
        {
            Console.Error.WriteLine("recorded data not found: expected shared/data beside the checkout");
            return 1;
        }
        var shared = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(found) ?? "", ".."));
        var folder = Directory.CreateTempSubdirectory("iot-rules-").FullName;
        try
        {
            foreach (var (set, step) in Sets)
                Compare(shared, folder, set, step);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Compare(string shared, string folder, string set, TimeSpan step)
    {
        var (telemetry, policy) = (Path.Combine(shared, "data", $"{set}.csv.gz"), Path.Combine(shared, "data", "policies", $"{set}.json"));
        var rules = DetectionRules.Parse(File.ReadAllBytes(policy)).Value ?? throw new InvalidDataException(policy);
        var (alerts, forecasts) = (Path.Combine(folder, "alerts.ndjson"), Path.Combine(folder, "forecasts.ndjson"));
        using (var output = new StreamWriter(forecasts))
            Backtest.Backtest.Replay(telemetry, policy, new(output, step)).Alerts.Write(alerts);
        var (ours, dated) = (Score(shared, set, alerts, null), Score(shared, set, alerts, forecasts));
        File.WriteAllLines(forecasts, StraightLine.Run(Recording.Read(telemetry), rules, step).Select(f => JsonSerializer.Serialize(f, Json)));

        Console.WriteLine($"\n### {set}\n");
        Table("silence", ["offline.recall", "offline.false", "offline.false_per_1000dd", "offline.alerts_per_silence", "offline.delay_median_intervals", "cause.accuracy_balanced"],
            [.. Timeouts.Select(t => (t.Name, Score(shared, set, Write(alerts, t.Rule.Run(Recording.Read(telemetry), rules)), null))), ("**ours**", ours)]);
        Table("battery", ["battery.low.recall", "battery.low.false", "battery.low.extra_per_crossing", "battery.critical.recall", "battery.critical.false", "battery.critical.extra_per_crossing"],
            [.. Voltages.Select(v => (v.Name, Score(shared, set, Write(alerts, v.Rule.Run(Recording.Read(telemetry), rules)), null))), ("**ours**", ours)]);
        (string, Dictionary<string, double?>)[] dates = [("line through 5 days", Score(shared, set, Write(alerts, []), forecasts)), ("**ours**", dated)];
        Table("forecast, error in days", [.. Forecasts("median_abs_error_days")], dates);
        Table("forecast, intervals that hold", [.. Forecasts("coverage")], dates);
    }

    private static IEnumerable<string> Forecasts(string metric) => from level in new[] { "low", "critical", "empty" } from point in new[] { 50, 75, 90 } select $"forecast.{level}.p{point}.{metric}";

    private static void Table(string what, string[] metrics, (string Name, Dictionary<string, double?> Score)[] rows)
    {
        Console.WriteLine($"| {what} | {string.Join(" | ", metrics.Select(m => m.Replace(".median_abs_error_days", "", StringComparison.Ordinal).Replace(".coverage", "", StringComparison.Ordinal)))} |");
        Console.WriteLine($"|---|{string.Concat(metrics.Select(_ => "---|"))}");
        foreach (var (name, score) in rows)
            Console.WriteLine($"| {name} | {string.Join(" | ", metrics.Select(m => score.GetValueOrDefault(m)?.ToString("0.###", CultureInfo.InvariantCulture) ?? "-"))} |");
        Console.WriteLine();
    }

    private static string Write(string path, IEnumerable<RuleAlert> alerts)
    {
        File.WriteAllLines(path, alerts.Select(a => JsonSerializer.Serialize(a, Json)));
        return path;
    }

    private static Dictionary<string, double?> Score(string shared, string set, string alerts, string? forecasts)
    {
        // A recording whose batteries are charged each summer has lives of their own for dates.
        var lives = Path.Combine(shared, "data", $"{set}.truth_forecast.csv");
        var truth = forecasts is not null && File.Exists(lives) ? lives : Path.Combine(shared, "data", $"{set}.truth.csv");
        string[] arguments =
        [
            Path.Combine(shared, "tools", "score_detection.py"), "--json",
            "--telemetry", Path.Combine(shared, "data", $"{set}.csv.gz"), "--truth", truth,
            "--policy", Path.Combine(shared, "data", "policies", $"{set}.json"), "--alerts", alerts, .. forecasts is null ? Array.Empty<string>() : ["--forecasts", forecasts],
        ];
        using var process = Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("python3 did not start");
        var score = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement.GetProperty("metrics");
        return score.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ValueKind == JsonValueKind.Number ? m.Value.GetDouble() : (double?)null);
    }

    /// <summary>Looks beside the checkout, upwards from here.</summary>
    private static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, relative)))
                return Path.Combine(folder.FullName, relative);
        }
        return null;
    }
}
