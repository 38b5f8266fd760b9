using System.Diagnostics;
using IoTBackend.Core.Detection;

namespace IoTBackend.Backtest;

/// <summary>Runs what the command line asks for.</summary>
internal static class Backtest
{
    public static void Run(Arguments arguments)
    {
        if (arguments.Compare is { } compare)
        {
            Comparison.Print(arguments.Telemetry, compare.Old, compare.New, Console.Out);
            return;
        }
        using var output = arguments.Forecasts is { } path ? new StreamWriter(path) : null;
        var alerts = Replay(arguments.Telemetry, arguments.Policy ?? "", output is null ? null : new(output, arguments.ForecastStep), arguments.From, arguments.To).Alerts;
        alerts.Write(arguments.Alerts ?? "");
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
