namespace IoTBackend.Core.Detection.Battery;

/// <summary>The latest day and the latest five of a battery so old that two points of its course are more than a day.</summary>
/// <param name="Now">Middle of the latest day, as an age in days.</param>
/// <param name="Level">Mean level then, as the device reports it.</param>
/// <param name="PerDay">What it lost a day over five days; not above 0 = nothing.</param>
internal readonly record struct RecentLine(double Now, double Level, double PerDay)
{
    private const double LineDays = 5;
    private const long PointMilliseconds = 12 * 3_600_000;

    public static RecentLine? Of(in RecentLevels recent, in BatteryLife life, long latest)
    {
        if (life.Width <= PointMilliseconds)
            return null;
        Span<double> days = stackalloc double[RecentLevels.Most];
        Span<double> levels = stackalloc double[RecentLevels.Most];
        Span<double> widths = stackalloc double[RecentLevels.Most];
        var from = Say.Time(latest).AddDays(-LineDays - 0.5);
        var n = recent.Course(from, Say.Time(latest), days, levels, widths);
        double level = 0, at = 0, width = 0;
        for (var i = n - 1; i >= 0 && width < 0.99; i--)
            (level, at, width) = (level + widths[i] * levels[i], at + widths[i] * days[i], width + widths[i]);
        if (width < 0.5 || n < 8)
            return null;
        var begun = (from.ToUnixTimeMilliseconds() - life.StartedAt) / 86_400_000.0;
        return new(begun + at / width, level / width, DischargeTrend.Fit(days[..n], levels[..n], 1).Slope);
    }

    /// <summary>Days until a level is reached in a straight line.</summary>
    public double Reaches(double target) => PerDay > 0 ? Math.Max(0, Level - target) / PerDay : double.PositiveInfinity;
}
