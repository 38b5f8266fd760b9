namespace IoTBackend.Core.Detection.Battery;

/// <param name="At">Middle of the stretch of time it stands for.</param>
/// <param name="Level">Mean level then.</param>
public sealed record BatteryPoint(DateTimeOffset At, double Level);

/// <summary>One battery's life so far in at most 64 points, however long it is.</summary>
/// <param name="Unit"><c>percent</c> or <c>volt</c>.</param>
/// <param name="Points">The oldest first.</param>
/// <param name="Low">In the same unit; null = none is known in it.</param>
/// <param name="Critical">In the same unit.</param>
public sealed record BatteryCourse(string Unit, IReadOnlyList<BatteryPoint> Points, double? Low, double? Critical)
{
    internal static BatteryCourse? Of(DetectionPolicy policy, in BatteryState battery)
    {
        ref readonly var life = ref battery.Life;
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = life.Course(days, levels);
        if (n == 0)
            return null;
        var begin = DateTimeOffset.FromUnixTimeMilliseconds(life.StartedAt);
        var points = new BatteryPoint[n];
        for (var i = 0; i < n; i++)
            points[i] = new(begin.AddDays(days[i]), Math.Round(levels[i], 3));
        var (low, critical) = (BatteryThresholds.Low(policy.Battery), BatteryThresholds.Critical(policy.Battery));
        return life.Unit == 1
            ? new("percent", points, low.Percent, critical.Percent)
            : new("volt", points, low.Volts, critical.Volts);
    }
}
