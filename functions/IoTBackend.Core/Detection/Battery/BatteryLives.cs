using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>Follows a battery through its life and sees a new one: charging and replacement are told apart by how fast the level rose.</summary>
internal static class BatteryLives
{
    /// <summary>A sudden rise that no rest or warmth explains: a share of the voltage, or points of charge.</summary>
    private const float JumpShare = 0.08f;
    private const float JumpPercent = 15;

    /// <summary>A gradual one.</summary>
    private const float RiseShare = 0.15f;
    private const float RisePercent = 25;

    /// <summary>A smaller one within one reading, which lasts: a half-empty battery changed for a full one.</summary>
    private const float StepShare = 0.05f;
    private const float StepPercent = 10;
    private const long LastingMilliseconds = 86_400_000;

    /// <summary>A battery that began nearer to the low level is not judged by the way to it.</summary>
    private const float LeastWay = 0.02f;

    private const int LastingSamples = 8;
    public const float ReferenceSamples = 24;

    /// <summary>Takes the level in; true when the course of the life got a new point, that is rarely.</summary>
    public static bool Observe(DetectionPolicy policy, ref BatteryState battery, ref BatteryDay day, long at, long now, List<Signal> signals)
    {
        var (unit, level) = (Unit(in battery), Level(in battery, in day));
        if (float.IsNaN(level))
            return false;
        ref var life = ref battery.Life;
        if (life.StartedAt == 0 || life.Unit != unit)
        {
            Begin(ref battery, at, level, unit);
            return true;
        }
        var rise = level - life.Reference;
        var isStep = IsStep(ref life, rise, level, at, unit == 1 ? StepPercent : Math.Max(StepShare * life.Reference, 2 * day.Cycle.Amplitude));
        var jumped = rise >= (unit == 1 ? JumpPercent : JumpShare * life.Reference);
        var risen = level >= life.Lowest + (unit == 1 ? RisePercent : RiseShare * life.Lowest);
        life.Jumped = jumped ? life.Jumped + 1 : 0;
        var recovered = IsRecovered(policy, in life, level);
        life.Risen = risen || recovered ? Math.Min(life.Risen + 1, 1_000_000) : 0;
        // A median rises before it steps: what steps is given the time to be told as a new battery.
        var lasts = life.Risen >= (isStep && !day.IsCharged(in battery) ? 2 : 1) * LastingSamples;
        var isRisen = risen && lasts;
        var isCharged = recovered && lasts && 1000 * life.Risen * (double)battery.SampleSeconds >= LastingMilliseconds;
        var isNew = isStep && !day.IsCharged(in battery) && at - life.SteppedSince >= LastingMilliseconds;
        if (life.Jumped < LastingSamples && !isRisen && !isNew && !isCharged)
        {
            // A life that the sun began begins at its height.
            if (life.CameUpAgain && life.Reference > life.First)
                life.BeginAgain(at, level, Width(in battery));
            if (!jumped && !isStep)
                life.Reference += (level - life.Reference) / ReferenceSamples;
            return !jumped && !risen && !isStep && life.Add(at, level);
        }
        var isJump = life.Jumped >= LastingSamples && (isStep || !day.IsCharged(in battery));
        var sudden = (isJump || isNew) && battery.IsCharging == 0 && policy.Battery.Chemistry is not ("li-ion" or "lifepo4");
        var before = life.Reference;
        life.Recharges += sudden ? 0 : 1;
        if (!sudden && !isRisen && life.Jumped < LastingSamples)
        {
            life.BeginAgain(at, level, Width(in battery));
            return true;
        }
        Begin(ref battery, at, level, unit);
        day.Slow.Begin(at, level);
        if (sudden)
        {
            signals.Add(Say.Signal(
                AlertKind.BatteryReplaced, AlertChange.Opened, Severity.Information, now, now,
                unit == 1 ? $"The battery is at {level:0} % after {before:0} %: replaced or recharged." : $"The battery is at {level:0.00} V after {before:0.00} V: replaced or recharged.",
                null, new() { ["before"] = Math.Round(before, 3), ["after"] = Math.Round(level, 3) }));
            signals.Add(Say.Signal(AlertKind.BatteryReplaced, AlertChange.Cleared, Severity.Information, now, now, "Noted.", null, []));
        }
        return true;
    }

    /// <summary>The robust level a life is followed by: percent, or volts without the time of day; NaN = not known.</summary>
    public static float Level(in BatteryState battery, in BatteryDay day) =>
        Unit(in battery) == 1 ? battery.Percent.Level : float.IsNaN(battery.Voltage.Level) ? float.NaN : day.Calm;

    /// <summary>The same where readings are so far apart that the median of them is of another day, the middle one of the latest three.</summary>
    public static float LatestLevel(in BatteryState battery, in BatteryDay day)
    {
        var level = Level(in battery, in day);
        return float.IsNaN(level) || !battery.IsSlow ? level : Unit(in battery) == 1 ? battery.Percent.Latest : battery.Voltage.Latest;
    }

    private static int Unit(in BatteryState battery) => battery.Percent.Count > 0 && !battery.IsGaugeStuck ? 1 : 0;

    /// <summary>The voltage is back by half of the way to the low level: the sun charged it.</summary>
    private static bool IsRecovered(DetectionPolicy policy, in BatteryLife life, float level) =>
        life.Unit == 0 && BatteryThresholds.Low(policy.Battery).Volts is { } low && life.First > low * (1 + LeastWay) && level >= life.Lowest + 0.5f * (life.First - low);

    /// <summary>The level rose so far at once, and has not come down since.</summary>
    private static bool IsStep(ref BatteryLife life, float rise, float level, long at, float least)
    {
        var step = life.Previous == 0 ? 0 : level - life.Previous;
        life.Previous = level;
        if (rise < least || life.Samples < LastingSamples)
            life.SteppedSince = 0;
        else if (life.SteppedSince == 0 && step >= 0.6f * rise)
            life.SteppedSince = at;
        return life.SteppedSince != 0;
    }

    private static void Begin(ref BatteryState battery, long at, float level, int unit) =>
        battery.Life.Begin(at, level, Width(in battery), unit);

    private static long Width(in BatteryState battery) => (long)(2000 * Math.Max(1, battery.SampleSeconds));
}
