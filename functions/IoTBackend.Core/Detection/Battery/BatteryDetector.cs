using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>Takes battery readings in, by their own time, and raises what the robust level says.</summary>
internal static class BatteryDetector
{
    /// <summary>A content older than this, and than two intervals, is history: it raises nothing.</summary>
    private const long FreshMilliseconds = 15 * 60_000;

    /// <summary>A pause of so many samples may hide a change of the battery.</summary>
    private const int PauseSamples = 20;

    /// <summary>The typical time between readings grows by so much with each pause that follows a pause.</summary>
    private const float PausesSlower = 1.25f;

    /// <summary>So much colder than usual, and below 5 degrees, a cell's voltage says little about its charge.</summary>
    private const float ColdBy = 15;

    public static void Observe(DetectionPolicy policy, ref DetectionState state, in Reading reading, long arrival, List<Signal> signals)
    {
        ref var battery = ref state.Battery;
        var (at, age) = (arrival, 0L);
        if (reading.Time is { } time)
        {
            age = state.Clock.Age(time.ToUnixTimeMilliseconds(), arrival);
            at = arrival - age;
        }
        else if (reading.SkewedTime is { } skewed)
        {
            state.Clock.Age(skewed.ToUnixTimeMilliseconds(), arrival);
        }

        if (at < battery.LatestSample)
            return;
        if (reading.Charging is { } charging)
            battery.IsCharging = charging ? (byte)1 : (byte)0;
        if (reading.BatteryVoltage is null && reading.BatteryPercent is null)
        {
            BatteryThresholds.Forget(ref battery, ref state.Day, arrival, signals);
            return;
        }
        if (IsCold(ref battery, reading.TemperatureCelsius))
            return;
        Sample(ref battery, in reading, at);
        state.Day.WithoutLevel = 0;
        state.Day.Observe(at, battery.Voltage.Level, battery.Life.SamplesSince(at, battery.SampleSeconds));
        var isNewPoint = BatteryLives.Observe(policy, ref battery, ref state.Day, at, arrival, signals);
        if (battery.IsCharging == 0 && BatteryLives.LatestLevel(in battery, in state.Day) is var level && !float.IsNaN(level))
            state.Levels.Add(at, level, in battery.Life);
        var interval = SilenceDetector.Interval(policy, in state).TotalMilliseconds;
        if (age > Math.Max(FreshMilliseconds, 2 * interval))
            return;
        var (wasLow, wasCritical) = (battery.LowRaisedAt != 0, battery.CriticalRaisedAt != 0);
        BatteryThresholds.Observe(policy, ref battery, ref state.Day, arrival, signals);
        if (!wasLow && battery.LowRaisedAt != 0)
            BatteryForecast.Learn(policy, ref state, isLow: true, state.Day.LowSince == 0 ? at : state.Day.LowSince);
        if (!wasCritical && battery.CriticalRaisedAt != 0)
            BatteryForecast.Learn(policy, ref state, isLow: false, state.Day.CriticalSince == 0 ? at : state.Day.CriticalSince);
        BatteryDrain.ObserveFall(policy, ref battery, ref state.Day, in state.Levels, reading.TemperatureCelsius, arrival, signals);
        if (!isNewPoint)
            return;
        BatteryDrain.Observe(policy, ref battery, in state.Day, arrival, signals);
        BatteryOutlook.Observe(policy, ref state, arrival, signals);
    }

    /// <summary>The level says that the battery may end any moment.</summary>
    public static bool IsExhausted(in BatteryState battery) => battery.CriticalRaisedAt != 0;

    /// <summary>
    /// The battery explains that nothing more is heard: it is exhausted, or its latest readings are at the critical level, which the silence confirms, or they are
    /// low and fall so fast that they would soon be there.
    /// </summary>
    public static bool IsEnding(DetectionPolicy policy, in DetectionState state)
    {
        ref readonly var battery = ref state.Battery;
        var (low, critical) = (BatteryThresholds.Low(policy.Battery), BatteryThresholds.Critical(policy.Battery));
        return IsExhausted(in battery) || (battery.IsCharging == 0 && !BatteryThresholds.IsStale(in battery, in state.Day, state.Silence.LastArrival)
            && (battery.Voltage.Latest <= critical.Volts || (battery.Voltage.Latest <= low.Volts && battery.Voltage.Ahead <= critical.Volts)
                || (!battery.IsGaugeStuck && (battery.Percent.Latest <= critical.Percent || (battery.Percent.Latest <= low.Percent && battery.Percent.Ahead <= critical.Percent)))));
    }

    private static void Sample(ref BatteryState battery, in Reading reading, long at)
    {
        var seconds = (at - battery.LatestSample) / 1000f;
        if (battery.LatestSample != 0 && battery.SampleSeconds > 0 && seconds > PauseSamples * battery.SampleSeconds)
        {
            // Where pause follows pause the device reports less often now.
            if (Math.Max(battery.Voltage.Count, battery.Percent.Count) <= 1)
                battery.SampleSeconds *= PausesSlower;
            battery.Voltage.Pause();
            battery.Percent.Pause();
            battery.Life.Fallen = int.MinValue / 2;
        }
        else if (battery.LatestSample != 0 && seconds > 0)
        {
            battery.SampleSeconds = battery.SampleSeconds == 0 ? seconds : battery.SampleSeconds * (seconds > battery.SampleSeconds ? 1.05f : 1 / 1.05f);
        }
        battery.LatestSample = Math.Max(1, at);
        if (reading.BatteryVoltage is { } volts && double.IsFinite(volts))
        {
            battery.Voltage.Add(Math.Clamp(volts, 0, 100));
            battery.HighestVolts = Math.Max(battery.HighestVolts, battery.Voltage.Median);
        }
        if (reading.BatteryPercent is not { } percent || !double.IsFinite(percent))
            return;
        var before = battery.Percent.Median;
        battery.Percent.Add(Math.Clamp(percent, 0, 100));
        battery.SamplesSinceGaugeMove = Math.Min(battery.SamplesSinceGaugeMove + 1, 1_000_000);
        if (Math.Abs(battery.Percent.Median - before) > 0.01f || battery.VoltsAtGaugeMove == 0)
            (battery.SamplesSinceGaugeMove, battery.VoltsAtGaugeMove) = (0, battery.Voltage.Median);
    }

    private static bool IsCold(ref BatteryState battery, double? celsius)
    {
        if (celsius is not { } value || !double.IsFinite(value))
            return false;
        var temperature = (float)Math.Clamp(value, -100, 200);
        battery.TemperatureCount = (ushort)Math.Min(battery.TemperatureCount + 1, 500);
        battery.UsualCelsius += (temperature - battery.UsualCelsius) / battery.TemperatureCount;
        return temperature < 5 && temperature < battery.UsualCelsius - ColdBy;
    }
}
