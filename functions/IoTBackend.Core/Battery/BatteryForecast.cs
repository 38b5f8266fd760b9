using IoTBackend.Core.Detection;

namespace IoTBackend.Core.Battery;

/// <summary>
/// When a battery will be low, critical and empty. Several shapes of discharge are fitted to its own life so far, each
/// counts as much as it explained; where they disagree the interval is wide. Charge falls more evenly than voltage, so
/// that the voltage of a known chemistry is turned into charge first.
/// </summary>
internal static class BatteryForecast
{
    private const int FewestPoints = 6;

    /// <summary>No further ahead than so many times the age: beyond, a date would be a guess.</summary>
    private const double Horizon = 10;

    /// <summary>The date may come as early as this share of the time left, and as late as this multiple.</summary>
    private const double Early = 0.5;
    private const double Late = 2;

    /// <summary>The same below the low level of a voltage: beyond the knee a cell may take a tenth of the time its past suggests.</summary>
    private const double EarlyBeyondKnee = 0.1;

    /// <summary>Evidence counts like so many independent points: neighbours on a discharge curve are anything but.</summary>
    private const double IndependentPoints = 6;

    private static readonly double[] Powers = [0.6, 0.8, 1, 1.4, 2, 3];

    /// <summary>Without evidence an even fall is likelier than a bent one.</summary>
    private static readonly double[] Priors = [0.5, 0.8, 1, 0.8, 0.6, 0.4];

    public static (Forecast? Low, Forecast? Critical, Forecast? Empty) Of(DetectionPolicy policy, in BatteryState battery)
    {
        ref readonly var life = ref battery.Life;
        if (life.StartedAt == 0 || battery.IsCharging != 0 || Targets.Of(policy, in battery) is not { } targets)
            return default;
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = life.Course(days, levels);
        if (n < FewestPoints)
            return default;
        days = days[..n];
        levels = levels[..n];
        var begun = Say.Time(life.StartedAt);
        if (targets.Curve is not null)
            targets.ToPercent(levels);
        var beyondKnee = life.Unit == 0 && targets.Curve is null ? EarlyBeyondKnee : Early;
        return (At(begun, targets.Low, days, levels, targets, Early), At(begun, targets.Critical, days, levels, targets, beyondKnee), At(begun, targets.Empty, days, levels, targets, beyondKnee));
    }

    private static Forecast? At(DateTimeOffset begun, double? level, ReadOnlySpan<double> days, ReadOnlySpan<double> levels, Targets targets, double earliest)
    {
        if (level is not { } target)
            return null;
        double now = days[^1], current = Current(levels);
        if (current <= target)
            return null;
        Span<(double Left, double Weight)> votes = stackalloc (double, double)[2 * Powers.Length];
        var count = Vote(days, levels, target, current, votes);
        if (targets.GuessCurve is not null)
        {
            Span<double> charge = stackalloc double[levels.Length];
            levels.CopyTo(charge);
            var guess = targets.Guessed(charge, target);
            count += Vote(days, charge, guess, Current(charge), votes[count..]);
        }
        votes = votes[..count];
        votes.Sort((a, b) => a.Left.CompareTo(b.Left));
        var expected = Quantile(votes, 0.5);
        var early = Math.Min(Quantile(votes, 0.1) * 0.6, expected * earliest);
        var late = Math.Max(Quantile(votes, 0.9) * 1.5, expected * Late);
        return new(
            expected <= Horizon * now ? begun + TimeSpan.FromDays(now + expected) : null,
            begun + TimeSpan.FromDays(now + Math.Min(early, Horizon * now)),
            late <= Horizon * now ? begun + TimeSpan.FromDays(now + late) : null);
    }

    /// <summary>Each shape's time left in days, and how much its fit is worth.</summary>
    private static int Vote(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double target, double current, Span<(double Left, double Weight)> votes)
    {
        for (var i = 0; i < Powers.Length; i++)
        {
            var trend = DischargeTrend.Fit(days, levels, Powers[i]);
            var left = trend.Slope <= 2 * trend.SlopeError ? double.PositiveInfinity : trend.Reaches(target, days[^1], current) - days[^1];
            votes[i] = (left, Priors[i] * Math.Pow(trend.Residual + 0.002, -IndependentPoints / 2));
        }
        return Powers.Length;
    }

    /// <summary>The level now: mean of the latest two points.</summary>
    private static double Current(ReadOnlySpan<double> levels) => (levels[^1] + levels[^2]) / 2;

    private static double Quantile(ReadOnlySpan<(double Left, double Weight)> sorted, double share)
    {
        double total = 0, seen = 0;
        foreach (var vote in sorted)
            total += vote.Weight;
        foreach (var vote in sorted)
        {
            seen += vote.Weight;
            if (seen >= share * total)
                return vote.Left;
        }
        return double.PositiveInfinity;
    }

    /// <summary>The levels to reach, in the unit of the life or in charge.</summary>
    /// <param name="Low">Null = not set.</param>
    /// <param name="Critical">Null = not set.</param>
    /// <param name="Empty">Null = not known.</param>
    /// <param name="Curve">Levels are voltages of this chemistry, the targets charge.</param>
    /// <param name="GuessCurve">No chemistry was named, but the range of the voltage fits this one.</param>
    private sealed record Targets(double? Low, double? Critical, double? Empty, string? Curve, string? GuessCurve, int Cells)
    {
        public static Targets? Of(DetectionPolicy policy, in BatteryState battery)
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
            return new(low.Volts, critical.Volts, empty ?? low.Volts * 0.93f, null, guess, 1);
        }

        public void ToPercent(Span<double> levels)
        {
            foreach (ref var level in levels)
                level = DischargeCurve.Percent(Curve, level, Cells) ?? level;
        }

        public double Guessed(Span<double> levels, double target)
        {
            foreach (ref var level in levels)
                level = DischargeCurve.Percent(GuessCurve, level, Cells) ?? level;
            return DischargeCurve.Percent(GuessCurve, target, Cells) ?? target;
        }
    }
}
