namespace IoTBackend.Core.Detection.Battery;

/// <summary>How far a level strays from its own straight line: near its end a battery comes down to a level so much sooner or later.</summary>
internal static class LevelNoise
{
    private const int Fewest = 8;

    private const double Days = 5.5;

    /// <summary>Its standard deviation around the line, over five days or, of a younger battery, over the latest part of its life.</summary>
    public static double Of(in RecentLevels recent, DateTimeOffset latest, ReadOnlySpan<double> days, ReadOnlySpan<double> levels)
    {
        Span<double> at = stackalloc double[RecentLevels.Most];
        Span<double> means = stackalloc double[RecentLevels.Most];
        Span<double> widths = stackalloc double[RecentLevels.Most];
        var n = recent.Course(latest.AddDays(-Days), latest, at, means, widths);
        if (n >= Fewest)
            return Around(at[..n], means[..n]);
        return Of(days, levels);
    }

    /// <summary>The same over the latest part of a course.</summary>
    public static double Of(ReadOnlySpan<double> days, ReadOnlySpan<double> levels)
    {
        var n = Math.Min(days.Length, Math.Max(Fewest, days.Length / 6));
        return Around(days[^n..], levels[^n..]);
    }

    private static double Around(ReadOnlySpan<double> days, ReadOnlySpan<double> levels)
    {
        var line = DischargeTrend.Fit(days, levels, 1);
        var squares = 0.0;
        for (var i = 0; i < days.Length; i++)
            squares += Math.Pow(levels[i] - line.Intercept + line.Slope * days[i], 2);
        return Math.Sqrt(squares / Math.Max(1, days.Length - 2));
    }
}
