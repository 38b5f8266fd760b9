using IoTBackend.Backtest;
using IoTBackend.Core.Detection;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>One alert of a rule of thumb, in the form of the alert files.</summary>
internal sealed record RuleAlert(string DeviceId, string Kind, DateTimeOffset RaisedAt)
{
    public DateTimeOffset? ClearedAt { get; set; }
}

/// <summary>Offline after a fixed time, or after so many intervals: the declared interval, or the device's median so far.</summary>
internal sealed class TimeoutRule(TimeSpan? fixedTime, double intervals)
{
    public IEnumerable<RuleAlert> Run(IEnumerable<RecordedReading> readings, DetectionRules rules)
    {
        var devices = new Dictionary<string, (DateTimeOffset Last, List<double> Gaps)>();
        foreach (var row in readings)
        {
            if (!devices.TryGetValue(row.DeviceId, out var device))
                device = (row.ArrivedAt, []);
            var gap = (row.ArrivedAt - device.Last).TotalSeconds;
            var timeout = fixedTime?.TotalSeconds ?? intervals * (rules.For(row.DeviceId).Policy.ReportingInterval?.TotalSeconds ?? Median(device.Gaps));
            if (timeout > 0 && gap > timeout)
                yield return new(row.DeviceId, "device.offline", device.Last.AddSeconds(timeout)) { ClearedAt = row.ArrivedAt };
            if (gap > 0)
                device.Gaps.Insert(device.Gaps.BinarySearch(gap) is var at && at < 0 ? ~at : at, gap);
            devices[row.DeviceId] = (row.ArrivedAt, device.Gaps);
        }
    }

    private static double Median(List<double> sorted) => sorted.Count == 0 ? 0 : sorted[sorted.Count / 2];
}

/// <summary>Low and critical by the latest voltage, with or without hysteresis, or by the median of the latest 24 hours.</summary>
internal sealed class VoltageRule(double hysteresis, bool median24Hours)
{
    public IEnumerable<RuleAlert> Run(IEnumerable<RecordedReading> readings, DetectionRules rules)
    {
        var open = new Dictionary<(string, string), RuleAlert>();
        var all = new List<RuleAlert>();
        var windows = new Dictionary<string, Queue<(DateTimeOffset At, double Volts)>>();
        foreach (var row in readings)
        {
            if (row.Reading.BatteryVoltage is not { } volts)
                continue;
            var battery = rules.For(row.DeviceId).Policy.Battery;
            if (median24Hours)
                volts = Median(windows, row, volts);
            Judge("battery.low", battery.LowVoltage);
            Judge("battery.critical", battery.CriticalVoltage);

            void Judge(string kind, double? threshold)
            {
                if (open.TryGetValue((row.DeviceId, kind), out var alert) && volts > threshold * (1 + hysteresis))
                {
                    alert.ClearedAt = row.ArrivedAt;
                    open.Remove((row.DeviceId, kind));
                }
                else if (alert is null && volts <= threshold)
                {
                    all.Add(open[(row.DeviceId, kind)] = new(row.DeviceId, kind, row.ArrivedAt));
                }
            }
        }
        return all;
    }

    private static double Median(Dictionary<string, Queue<(DateTimeOffset At, double Volts)>> windows, RecordedReading row, double volts)
    {
        if (!windows.TryGetValue(row.DeviceId, out var window))
            windows[row.DeviceId] = window = new();
        window.Enqueue((row.ArrivedAt, volts));
        while (window.Peek().At < row.ArrivedAt.AddDays(-1))
            window.Dequeue();
        return window.Select(w => w.Volts).Order().ElementAt(window.Count / 2);
    }
}

/// <summary>The date on which a straight line through the latest five days reaches the level.</summary>
internal static class StraightLine
{
    public static IEnumerable<object> Run(IEnumerable<RecordedReading> readings, DetectionRules rules, TimeSpan step)
    {
        var windows = new Dictionary<string, List<(DateTimeOffset At, double Volts)>>();
        DateTimeOffset? next = null;
        foreach (var row in readings)
        {
            next ??= row.ArrivedAt + step;
            if (row.ArrivedAt >= next)
            {
                foreach (var (id, window) in windows)
                {
                    window.RemoveAll(w => w.At < next.Value.AddDays(-5));
                    foreach (var forecast in At(id, window, next.Value, rules.For(id).Policy))
                        yield return forecast;
                }
                while (next <= row.ArrivedAt)
                    next += step;
            }
            if (row.Reading.BatteryVoltage is not { } volts)
                continue;
            if (!windows.TryGetValue(row.DeviceId, out var readingsOf))
                windows[row.DeviceId] = readingsOf = [];
            readingsOf.Add((row.ArrivedAt, volts));
        }
    }

    private static IEnumerable<object> At(string deviceId, List<(DateTimeOffset At, double Volts)> window, DateTimeOffset at, DetectionPolicy policy)
    {
        if (window.Count < 10 || policy.Battery is not { LowVoltage: { } low, CriticalVoltage: { } critical })
            yield break;
        double[] days = [.. window.Select(w => (w.At - at).TotalDays)], volts = [.. window.Select(w => w.Volts)];
        double x = days.Average(), y = volts.Average();
        var slope = days.Zip(volts, (d, v) => (d - x) * (v - y)).Sum() / days.Sum(d => (d - x) * (d - x));
        foreach (var (level, target) in new[] { ("low", low), ("critical", critical), ("empty", critical - (low - critical) / 3) })
        {
            var inDays = x + (target - y) / slope;
            yield return new { deviceId, at, level, expectedAt = slope < 0 && inDays < 7300 ? at.AddDays(Math.Max(0, inDays)) : (DateTimeOffset?)null, earliest = (string?)null, latest = (string?)null };
        }
    }
}
