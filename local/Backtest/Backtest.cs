using System.Diagnostics;
using IoTBackend.Core.Detection;

namespace IoTBackend.Backtest;

/// <summary>Replays recorded telemetry through the live detectors, in event time.</summary>
internal static class Backtest
{
    /// <param name="telemetry">A recording, or the backend's archive.</param>
    /// <param name="policy">The fleet's rules.</param>
    /// <param name="alerts">Where one JSON object per alert episode is written.</param>
    /// <param name="forecasts">Where battery forecasts are written, and at which step; null = nowhere.</param>
    /// <param name="from">Of an archive: what arrived before is left out.</param>
    /// <param name="to">Of an archive: what arrived later is left out.</param>
    /// <exception cref="InvalidDataException">The telemetry or the policy cannot be used.</exception>
    public static void Run(string telemetry, string policy, string alerts, (string Path, TimeSpan Step)? forecasts, DateTimeOffset? from, DateTimeOffset? to)
    {
        using var output = forecasts is { } wanted ? new StreamWriter(wanted.Path) : null;
        Replay(telemetry, policy, output is null || forecasts is null ? null : new(output, forecasts.Value.Step), from, to).Alerts.Write(alerts);
    }

    public static (AlertLog Alerts, double DeviceDays) Replay(string telemetry, string policy, ForecastLog? forecasts, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var parsed = DetectionRules.Parse(File.ReadAllBytes(policy));
        if (parsed.Value is not { } rules)
            throw new InvalidDataException($"{policy}: {parsed.Reason}");
        foreach (var ignored in rules.Ignored)
            Console.Error.WriteLine($"backtest: {policy}: ignored: {ignored}");
        var alerts = new AlertLog();
        var replay = new Replay(rules, alerts, forecasts);
        var clock = Stopwatch.StartNew();
        long rows = 0, next = 2000;
        DateTimeOffset last = default;
        foreach (var row in ArchiveSource.IsArchive(telemetry) ? ArchiveSource.Read(telemetry, from, to) : Recording.Read(telemetry))
        {
            replay.Observe(in row);
            last = row.ArrivedAt;
            rows++;
            if (clock.ElapsedMilliseconds < next)
                continue;
            next += 2000;
            Console.Error.WriteLine($"backtest: {rows} readings of {replay.Devices} devices, {last:yyyy-MM-dd HH:mm}, {alerts.Episodes.Count} alerts");
        }
        if (rows == 0)
            throw new InvalidDataException(ArchiveSource.IsArchive(telemetry) ? "The archive holds no readings there." : $"{telemetry}: no readings.");
        replay.End(last);
        Console.Error.WriteLine($"backtest: done, {rows} readings of {replay.Devices} devices in {clock.Elapsed.TotalSeconds:0.0} s, {alerts.Episodes.Count} alerts");
        return (alerts, replay.DeviceDays);
    }
}
