namespace IoTBackend.Core.Detection.Battery;

/// <summary>The levels to reach, in the unit of the life or in charge.</summary>
/// <param name="Low">Null = not set.</param>
/// <param name="Critical">Null = not set.</param>
/// <param name="Empty">Null = not known.</param>
/// <param name="Curve">Levels are voltages of this chemistry, the targets charge.</param>
/// <param name="GuessCurve">No chemistry was named, but the range of the voltage fits this one.</param>
internal sealed record ForecastTargets(double? Low, double? Critical, double? Empty, string? Curve, string? GuessCurve, int Cells)
{
    public static ForecastTargets? Of(DetectionPolicy policy, in BatteryState battery)
    {
        var (low, critical) = (BatteryThresholds.Low(policy.Battery), BatteryThresholds.Critical(policy.Battery));
        if (battery.Life.Unit == 1)
            return new(low.Percent ?? BatteryThresholds.DefaultLowPercent, critical.Percent ?? BatteryThresholds.DefaultCriticalPercent, 0, null, null, 1);
        var chemistry = policy.Battery.Chemistry;
        var cells = DischargeCurve.Cells(chemistry, battery.HighestVolts);
        if (chemistry is not null)
        {
            return new(
                DischargeCurve.Percent(chemistry, low.Volts ?? double.NaN, cells) is { } l && low.Volts is not null ? l : low.Percent,
                DischargeCurve.Percent(chemistry, critical.Volts ?? double.NaN, cells) is { } c && critical.Volts is not null ? c : critical.Percent,
                0, chemistry, null, cells);
        }
        if (low.Volts is null && critical.Volts is null)
            return null;
        var empty = critical.Volts - ((low.Volts ?? critical.Volts * 1.05f) - critical.Volts) / 3;
        var guess = battery.HighestVolts is >= 3.7f and <= 4.3f && low.Volts is >= 2.9f and <= 3.7f ? "li-ion" : null;
        return new(low.Volts, critical.Volts, empty ?? low.Volts * 0.93f, null, guess, 1) { HasKnee = true };
    }

    /// <summary>Bare voltages: below the low level cells have their knee.</summary>
    public bool HasKnee { get; private init; }

    /// <summary>A target as the device would report it.</summary>
    public double Raw(double target) => DischargeCurve.Volts(Curve, target, Cells) ?? target;

    /// <summary>Turns voltages into charge, where a curve is known.</summary>
    public void ToPercent(string? curve, Span<double> levels)
    {
        foreach (ref var level in levels)
            level = DischargeCurve.Percent(curve, level, Cells) ?? level;
    }

    /// <summary>A voltage as charge, where the chemistry is named.</summary>
    public double ToPercent(double level) => DischargeCurve.Percent(Curve, level, Cells) ?? level;

    /// <summary>A level to reach as the guessed curve has it.</summary>
    public double Guess(double level) => DischargeCurve.Percent(GuessCurve, level, Cells) ?? level;
}
