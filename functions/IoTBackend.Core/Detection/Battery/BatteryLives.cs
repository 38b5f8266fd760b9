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

    private const int LastingSamples = 8;
    public const float ReferenceSamples = 24;

    /// <summary>Takes the level in; true when the course of the life got a new point, that is rarely.</summary>
    public static bool Observe(DetectionPolicy policy, ref BatteryState battery, long at, long now, List<Signal> signals)
    {
        var unit = battery.Percent.Count > 0 && !battery.IsGaugeStuck ? 1 : 0;
        var level = unit == 1 ? battery.Percent.Level : battery.Voltage.Level;
        if (float.IsNaN(level))
            return false;
        ref var life = ref battery.Life;
        if (life.StartedAt == 0 || life.Unit != unit)
        {
            Begin(ref battery, at, level, unit);
            return true;
        }
        var jumped = level >= life.Reference + (unit == 1 ? JumpPercent : JumpShare * life.Reference);
        var risen = level >= life.Lowest + (unit == 1 ? RisePercent : RiseShare * life.Lowest);
        life.Jumped = jumped ? life.Jumped + 1 : 0;
        life.Risen = risen ? life.Risen + 1 : 0;
        if (life.Jumped < LastingSamples && life.Risen < LastingSamples)
        {
            if (!jumped)
                life.Reference += (level - life.Reference) / ReferenceSamples;
            return !jumped && !risen && life.Add(at, level);
        }
        var sudden = life.Jumped >= LastingSamples && battery.IsCharging == 0 && policy.Battery.Chemistry is not ("li-ion" or "lifepo4");
        var before = life.Reference;
        life.Recharges += sudden ? 0 : 1;
        Begin(ref battery, at, level, unit);
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

    private static void Begin(ref BatteryState battery, long at, float level, int unit) =>
        battery.Life.Begin(at, level, (long)(2000 * Math.Max(1, battery.SampleSeconds)), unit);
}
