using System.Diagnostics;
using System.Text.Json;
using IoTBackend.Backtest;

namespace Core.Tests.Detection;

/// <summary>Keeps the figures of docs/measured/detection.md from slipping: recorded telemetry, replayed and scored against objective events.</summary>
public sealed class RecordedDataTests
{
    [Theory]
    [InlineData("campusiot", 24, 0.94, 10, 11)]
    [InlineData("encom_discharge", 1, 1, 1, 6)]
    [InlineData("ulb_library", 1, 1, 1, 10)]
    public void The_detectors_are_as_good_on_recorded_data_as_documented(string set, int stepHours, double recall, double falsePer1000DeviceDays, double medianDelayIntervals)
    {
        var score = Score(set, TimeSpan.FromHours(stepHours));
        AtLeast("offline.recall", recall);
        AtMost("offline.alerts_per_silence", 1.2);
        AtMost("offline.false_per_1000dd", falsePer1000DeviceDays);
        AtMost("offline.delay_median_intervals", medianDelayIntervals);
        AtLeast("offline.clear_correct", 1);
        AtLeast("cause.accuracy_balanced", 0.9);
        AtLeast("group.recall", 1);
        AtLeast("group.precision", 0.9);
        foreach (var level in new[] { "battery.low", "battery.critical" })
        {
            AtLeast($"{level}.recall", 1);
            AtMost($"{level}.false", 0);
            AtMost($"{level}.extra_per_crossing", 0);
        }
        AtMost("drain.false", 0);
        foreach (var level in new[] { "forecast.low", "forecast.critical", "forecast.empty" })
        {
            AtLeast($"{level}.coverage", 0.85);
            AtLeast($"{level}.interval_given", 0.8);
        }
        AtLeast("loss.counted_ratio", 0.98);
        AtMost("loss.counted_ratio", 1.02);

        void AtLeast(string metric, double limit) => Assert.True(score[metric] is not { } value || value >= limit, $"{metric} = {score[metric]}, documented: at least {limit}");
        void AtMost(string metric, double limit) => Assert.True(score[metric] is not { } value || value <= limit, $"{metric} = {score[metric]}, documented: at most {limit}");
    }

    private static Dictionary<string, double?> Score(string set, TimeSpan step)
    {
        if (Find("shared/data/campusiot.csv.gz") is not { } found || Process.Start(new ProcessStartInfo("python3", "--version") { RedirectStandardOutput = true }) is null)
        {
            Assert.Skip("recorded data not found");
            return [];
        }
        var data = Path.GetDirectoryName(found)!;
        var folder = Directory.CreateTempSubdirectory("iot-recorded-").FullName;
        try
        {
            string telemetry = Path.Combine(data, $"{set}.csv.gz"), policy = Path.Combine(data, "policies", $"{set}.json");
            string alerts = Path.Combine(folder, "alerts"), forecasts = Path.Combine(folder, "forecasts");
            using (var output = new StreamWriter(forecasts))
                Backtest.Replay(telemetry, policy, new(output, step)).Alerts.Write(alerts);
            string[] arguments =
            [
                Path.Combine(data, "..", "tools", "score_detection.py"), "--json", "--telemetry", telemetry, "--truth", Path.Combine(data, $"{set}.truth.csv"),
                "--policy", policy, "--alerts", alerts, "--forecasts", forecasts,
            ];
            using var process = Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true })!;
            var metrics = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement.GetProperty("metrics");
            return metrics.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ValueKind == JsonValueKind.Number ? m.Value.GetDouble() : (double?)null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The recordings lie beside the checkout where their licences allow it; they are no part of the project.</summary>
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
