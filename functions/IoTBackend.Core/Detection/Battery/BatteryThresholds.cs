using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>Low and critical on the robust level, with hysteresis; never while the battery is being charged.</summary>
internal static class BatteryThresholds
{
    /// <summary>Cleared this far above the threshold: a share of the voltage, or points of charge.</summary>
    private const float VoltsHysteresis = 0.05f;
    private const float PercentHysteresis = 5;

    /// <summary>So far above the threshold the level has left it again.</summary>
    private const float Noise = 0.005f;

    /// <summary>Where the operator named no threshold and the charge is known.</summary>
    public const double DefaultLowPercent = 20;
    public const double DefaultCriticalPercent = 10;

    /// <summary>Without a level for a week, and in so many readings, nothing is known of the battery any more.</summary>
    private const long StaleMilliseconds = 7 * 86_400_000;
    private const int StaleReadings = 50;

    public static void Observe(DetectionPolicy policy, ref BatteryState battery, ref BatteryDay day, long now, List<Signal> signals)
    {
        var (low, critical) = (Low(policy.Battery), Critical(policy.Battery));
        Observe(policy, AlertKind.BatteryLow, Severity.Warning, low, ref battery.LowRaisedAt, ref day.LowSince, in battery, in day, now, signals);
        Observe(policy, AlertKind.BatteryCritical, Severity.Critical, critical, ref battery.CriticalRaisedAt, ref day.CriticalSince, in battery, in day, now, signals);
    }

    /// <summary>The device reports, but no longer how its battery is: what was said of it is withdrawn.</summary>
    public static void Forget(ref BatteryState battery, ref BatteryDay day, long now, List<Signal> signals)
    {
        day.WithoutLevel = (byte)Math.Min(day.WithoutLevel + 1, StaleReadings);
        if ((battery.LowRaisedAt | battery.CriticalRaisedAt) == 0 || !IsStale(in battery, in day, now))
            return;
        Withdraw(AlertKind.BatteryLow, Severity.Warning, ref battery.LowRaisedAt, battery.LatestSample, now, signals);
        Withdraw(AlertKind.BatteryCritical, Severity.Critical, ref battery.CriticalRaisedAt, battery.LatestSample, now, signals);
    }

    public static bool IsStale(in BatteryState battery, in BatteryDay day, long now) =>
        battery.LatestSample != 0 && day.WithoutLevel >= StaleReadings && now - battery.LatestSample >= StaleMilliseconds;

    private static void Withdraw(AlertKind kind, Severity severity, ref long raisedAt, long latest, long now, List<Signal> signals)
    {
        if (raisedAt == 0)
            return;
        signals.Add(Say.Signal(kind, AlertChange.Cleared, severity, raisedAt, now, $"Not known any more: no level for {Say.Duration((now - latest) / 1000.0)}.", null, []));
        raisedAt = 0;
    }

    public static (float? Volts, float? Percent) Low(BatterySpecification battery) => Of(battery.LowVoltage, battery.LowPercent, DefaultLowPercent);

    public static (float? Volts, float? Percent) Critical(BatterySpecification battery) => Of(battery.CriticalVoltage, battery.CriticalPercent, DefaultCriticalPercent);

    /// <summary>Robust charge: the gauge's unless it is stuck, else from the voltage where the chemistry is known; NaN = not known.</summary>
    public static float Percent(DetectionPolicy policy, in BatteryState battery, float volts)
    {
        if (battery.Percent.Count > 0 && !battery.IsGaugeStuck)
            return battery.Percent.Level;
        if (policy.Battery.Chemistry is not { } chemistry || float.IsNaN(volts) || battery.Voltage.Count == 0)
            return float.NaN;
        return (float)(DischargeCurve.Percent(chemistry, volts, DischargeCurve.Cells(chemistry, battery.HighestVolts)) ?? float.NaN);
    }

    private static (float?, float?) Of(double? volts, double? percent, double byDefault) => ((float?)volts, (float?)(percent ?? (volts is null ? byDefault : null)));

    private static void Observe(
        DetectionPolicy policy, AlertKind kind, Severity severity, (float? Volts, float? Percent) threshold, ref long raisedAt, ref long since,
        in BatteryState battery, in BatteryDay day, long now, List<Signal> signals)
    {
        var volts = battery.Voltage.Level;
        var percent = Percent(policy, in battery, volts);
        // A dip that comes each night is not low, and a peak that comes each noon not recovered.
        var isBelow = Math.Max(volts, day.Calm) <= threshold.Volts;
        if (!(day.Calm <= threshold.Volts * (1 + Noise)))
            since = 0;
        var under = ((isBelow && day.IsCrossed(ref since, threshold.Volts ?? 0, in battery.Life, battery.LatestSample)) || percent <= threshold.Percent) && battery.IsCharging == 0;
        // Another battery has left it at half the way, or at half of that to the highest level ever: a lithium thionyl cell is 1 to 3 % above its low level all its life.
        var clear = battery.Life.StartedAt > raisedAt && !battery.Life.CameUpAgain
            ? Math.Clamp((battery.HighestVolts / (threshold.Volts ?? 1) - 1) / 2, Noise, VoltsHysteresis / 2)
            : VoltsHysteresis;
        var over = !(Math.Min(volts, day.Calm) < threshold.Volts * (1 + clear)) && !(percent < threshold.Percent + PercentHysteresis) && !(float.IsNaN(volts) && float.IsNaN(percent));
        // A median is of the cell that was in before for a while.
        var raise = raisedAt == 0 && under && !(battery.Voltage.Newest >= threshold.Volts * (1 + clear));
        if (raise)
            raisedAt = Math.Max(1, now);
        else if (raisedAt == 0 || !over)
            return;
        signals.Add(Say.Signal(kind, raise ? AlertChange.Opened : AlertChange.Cleared, severity, raisedAt, now, Summary(raise, threshold, volts, percent), null, Evidence(threshold, volts, percent)));
        if (!raise)
            raisedAt = 0;
    }

    private static string Summary(bool raise, (float? Volts, float? Percent) threshold, float volts, float percent)
    {
        var level = float.IsNaN(percent) ? $"{volts:0.00} V" : $"{percent:0} %";
        var limit = float.IsNaN(percent) || threshold.Percent is null ? $"{threshold.Volts:0.00} V" : $"{threshold.Percent:0} %";
        return raise ? $"The battery is at {level}, at or below {limit}." : $"The battery is at {level} again.";
    }

    private static Dictionary<string, object> Evidence((float? Volts, float? Percent) threshold, float volts, float percent)
    {
        var evidence = new Dictionary<string, object>();
        if (!float.IsNaN(volts))
            evidence["voltage"] = Math.Round(volts, 3);
        if (!float.IsNaN(percent))
            evidence["percent"] = Math.Round(percent, 1);
        if (threshold.Volts is { } limit)
            evidence["thresholdVoltage"] = Math.Round(limit, 3);
        if (threshold.Percent is { } share)
            evidence["thresholdPercent"] = Math.Round(share, 1);
        return evidence;
    }
}
