using System.Runtime.CompilerServices;
using IoTBackend.Core.Alerts;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Telemetry;

namespace IoTBackend.Core.Battery;

internal struct BatteryState
{
    public RobustLevel Voltage;
    public RobustLevel Percent;
    public long LowRaisedAt;
    public long CriticalRaisedAt;
    public long LatestSample;
    public long Charging;
}

/// <summary>Trailing median of the latest readings: one reading taken under load or in the cold does not move it.</summary>
internal struct RobustLevel
{
    private Window _window;
    private int _count;

    public readonly bool IsKnown => _count > 0;

    public readonly int Count => _count;

    public double Median { readonly get; private set; }

    public void Add(double value)
    {
        _window[_count++ % Window.Length] = (float)value;
        if (_count == int.MaxValue)
            _count = Window.Length * 1000;
        Span<float> sorted = stackalloc float[Window.Length];
        var n = Math.Min(_count, Window.Length);
        ((ReadOnlySpan<float>)_window)[..n].CopyTo(sorted);
        sorted[..n].Sort();
        Median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }

    [InlineArray(Length)]
    private struct Window
    {
        public const int Length = 9;
        private float _first;
    }
}

internal static class BatteryDetector
{
    public static void Observe(DetectionPolicy policy, ref DetectionState state, in Reading reading, long arrival, List<Signal> signals)
    {
        ref var battery = ref state.Battery;
        if (reading.Charging is { } charging)
            battery.Charging = charging ? 1 : 0;
        if (reading.BatteryVoltage is { } volts)
            battery.Voltage.Add(volts);
        if (reading.BatteryPercent is { } percent)
            battery.Percent.Add(percent);
        if (reading.BatteryVoltage is null && reading.BatteryPercent is null)
            return;
        Threshold(AlertKind.BatteryLow, Severity.Warning, policy.Battery.LowVoltage, policy.Battery.LowPercent, ref battery.LowRaisedAt, in battery, arrival, signals);
        Threshold(AlertKind.BatteryCritical, Severity.Critical, policy.Battery.CriticalVoltage, policy.Battery.CriticalPercent, ref battery.CriticalRaisedAt, in battery, arrival, signals);
    }

    /// <summary>The level says that the battery may end any moment.</summary>
    public static bool IsExhausted(in BatteryState battery) => battery.CriticalRaisedAt != 0;

    private static void Threshold(AlertKind kind, Severity severity, double? volts, double? percent, ref long raisedAt, in BatteryState battery, long now, List<Signal> signals)
    {
        var under = (volts is { } v && battery.Voltage.Count >= 5 && battery.Voltage.Median <= v) || (percent is { } p && battery.Percent.Count >= 5 && battery.Percent.Median <= p);
        var over = (volts is not { } w || !battery.Voltage.IsKnown || battery.Voltage.Median >= 1.05 * w) && (percent is not { } q || !battery.Percent.IsKnown || battery.Percent.Median >= q + 5);
        if (raisedAt == 0 && under)
        {
            raisedAt = now;
            signals.Add(Said(AlertChange.Opened, raisedAt));
        }
        else if (raisedAt != 0 && over)
        {
            signals.Add(Said(AlertChange.Cleared, raisedAt));
            raisedAt = 0;
        }

        Signal Said(AlertChange change, long since) => new(kind, change, severity, DateTimeOffset.FromUnixTimeMilliseconds(since), DateTimeOffset.FromUnixTimeMilliseconds(now), $"{kind.Name()} {change}", null, new Dictionary<string, object>());
    }
}
