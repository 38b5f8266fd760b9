using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Detection.Connectivity;

namespace IoTBackend.Core.Detection;

/// <summary>Projects a state to what operators see.</summary>
internal static class DeviceHealthView
{
    public static DeviceHealth Of(DetectionPolicy policy, in DetectionState state, DateTimeOffset now) => new()
    {
        Status = state.Status,
        LastSeen = state.LastSeen,
        Interval = Known(SilenceDetector.Interval(policy, in state)),
        Timeout = state.LastSeen is null ? null : Rounded(SilenceDetector.Timeout(policy, in state)),
        LossRatio = state.Loss.Due > 0 ? Number(state.Loss.Share, 4) : null,
        LostMessages = state.Loss.Counter.Received > 0 ? state.Loss.Counter.Lost : null,
        LostSinceAlert = state.Loss.Counter.Received > 0 ? DataLossDetector.ToAdd(in state.Loss, now.ToUnixTimeMilliseconds()) : null,
        Flapping = state.Flapping.RaisedAt != 0,
        RssiBaseline = state.Link.Count > 0 ? Number(state.Link.Usual, 1) : null,
        RssiCurrent = state.Link.Count > 0 ? Number(state.Link.Current, 1) : null,
        ClockSkew = state.Clock.Milliseconds is { } skew ? TimeSpan.FromMilliseconds(skew) : null,
        Gateway = state.Gateway,
        Track = state.Track,
        Digest = state.Digest,
        Battery = BatteryOf(policy, in state, BatteryThresholds.IsStale(in state.Battery, in state.Day, now.ToUnixTimeMilliseconds())),
    };

    private static TimeSpan? Known(TimeSpan interval) => interval > TimeSpan.Zero ? Rounded(interval) : null;

    /// <summary>Estimates, in tenths of a second below a minute and in seconds above: more digits would say more than is known.</summary>
    private static TimeSpan Rounded(TimeSpan estimate) => TimeSpan.FromSeconds(Math.Round(estimate.TotalSeconds, estimate < TimeSpan.FromMinutes(1) ? 1 : 0));

    private static double? Number(double value, int digits) => double.IsFinite(value) ? Math.Round(value, digits) : null;

    private static BatteryHealth BatteryOf(DetectionPolicy policy, in DetectionState state, bool isStale)
    {
        ref readonly var battery = ref state.Battery;
        var percent = BatteryThresholds.Percent(policy, in battery, battery.Voltage.Median);
        var (low, critical, empty) = BatteryForecast.Of(policy, in state);
        var drain = BatteryDrain.Rate(in battery);
        return new()
        {
            DrainUnit = drain is null ? null : battery.Life.Unit == 1 ? "percent" : "volt",
            DrainPerDay = Number(drain?.PerDay ?? double.NaN, 6),
            DrainUncertainty = Number(drain?.Uncertainty ?? double.NaN, 6),
            Low = low,
            Critical = critical,
            Empty = empty,
            Condition = battery switch
            {
                { LatestSample: 0 } => BatteryCondition.Unknown,
                _ when isStale => BatteryCondition.Unknown,
                { IsCharging: not 0 } => BatteryCondition.Charging,
                { CriticalRaisedAt: not 0 } => BatteryCondition.Critical,
                { LowRaisedAt: not 0 } => BatteryCondition.Low,
                _ => BatteryCondition.Normal,
            },
            Percent = Number(float.IsNaN(percent) ? battery.Percent.Shown : percent, 1),
            Voltage = Number(battery.Voltage.Median > 0 ? battery.Voltage.Median : battery.Voltage.Shown, 3),
            GaugeStuck = battery.IsGaugeStuck,
        };
    }
}
