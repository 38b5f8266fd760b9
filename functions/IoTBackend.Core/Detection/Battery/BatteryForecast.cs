namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// When a battery will be low, critical and empty. Several shapes of discharge are fitted to its own life so far; each counts as
/// much as it would have foretold of that life (<see cref="DischargeShapes"/>), and the interval is as wide as they disagree and
/// were wrong. Charge falls more evenly than voltage, so that the voltage of a known chemistry is turned into charge first.
/// </summary>
internal static class BatteryForecast
{
    private const int FewestPoints = 6;

    /// <summary>No further ahead than so many times the age: beyond, a date would be a guess.</summary>
    private const double Horizon = 10;

    /// <summary>Standard deviations of a normal distribution that hold 90 %.</summary>
    private const double NinetyPercent = 1.645;

    /// <summary>The knee of a bare voltage: below the low level a cell may take a tenth of the time its past suggests.</summary>
    private const double EarlyBeyondKnee = 0.1;

    public static (Forecast? Low, Forecast? Critical, Forecast? Empty) Of(DetectionPolicy policy, in BatteryState battery)
    {
        ref readonly var life = ref battery.Life;
        if (life.StartedAt == 0 || battery.IsCharging != 0 || ForecastTargets.Of(policy, in battery) is not { } targets)
            return default;
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = life.Course(days, levels);
        if (n < FewestPoints)
            return default;
        days = days[..n];
        levels = levels[..n];
        targets.ToPercent(targets.Curve, levels);
        Span<DischargeShape> shapes = stackalloc DischargeShape[2 * DischargeShapes.Count];
        DischargeShapes.Fit(days, levels, shapes);
        var current = DischargeShapes.Current(levels);
        if (targets.GuessCurve is not null)
        {
            targets.ToPercent(targets.GuessCurve, levels);
            DischargeShapes.Fit(days, levels, shapes[DischargeShapes.Count..]);
        }
        else
        {
            shapes = shapes[..DischargeShapes.Count];
        }
        var (begun, now, guess) = (Say.Time(life.StartedAt), days[^1], DischargeShapes.Current(levels));
        var knee = life.Unit == 0 && targets.Curve is null ? EarlyBeyondKnee : 1;
        var low = At(targets.Low, 1, shapes);
        var critical = After(low, At(targets.Critical, knee, shapes));
        return (low, critical, After(critical ?? low, At(targets.Empty, knee, shapes)));

        Forecast? At(double? level, double earliest, ReadOnlySpan<DischargeShape> votes)
        {
            if (level is not { } target || current <= target)
                return null;
            Span<DischargeVote> left = stackalloc DischargeVote[votes.Length];
            for (var i = 0; i < votes.Length; i++)
                left[i] = i < DischargeShapes.Count ? votes[i].Vote(target, now, current) : votes[i].Vote(targets.Guess(target), now, guess);
            var (expected, spread) = DischargeVote.Count(left, Horizon * now);
            var late = expected * Math.Exp(NinetyPercent * spread);
            var early = expected * Math.Min(Math.Exp(-NinetyPercent * spread), earliest);
            return new(Date(expected), Date(early), Date(late));
        }

        // A mean of logarithms comes to lie a rounding step beside the horizon.
        DateTimeOffset? Date(double left) =>
            left < 0.999 * Horizon * now ? begun + TimeSpan.FromSeconds(Math.Round(86400 * (now + left))) : null;
    }

    /// <summary>A lower level is reached later, by a second at least, and not at all where the higher one is not.</summary>
    private static Forecast? After(Forecast? higher, Forecast? lower)
    {
        if (higher is null || lower is null)
            return lower;
        return new(Later(higher.ExpectedAt, lower.ExpectedAt), Later(higher.Earliest, lower.Earliest), Later(higher.Latest, lower.Latest));

        static DateTimeOffset? Later(DateTimeOffset? first, DateTimeOffset? second) =>
            first is null || second is null ? null : second > first ? second : first + TimeSpan.FromSeconds(1);
    }
}
