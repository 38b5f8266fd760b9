namespace IoTBackend.Core.Detection.Battery;

/// <summary>What the course of a battery shows of how it fell before: one that rose again by itself is ruled by weather and seasons, whatever they end with.</summary>
internal static class PastFalls
{
    /// <summary>It rose again by half of the whole fall: the sun charges it, or warmth does as much.</summary>
    public static bool RoseAgain(ReadOnlySpan<double> levels, double fall)
    {
        var lowest = double.PositiveInfinity;
        foreach (var level in levels)
        {
            lowest = Math.Min(lowest, level);
            if (level >= lowest + 0.5 * Math.Abs(fall))
                return true;
        }
        return false;
    }

    /// <summary>Days in which it fell so far, at the fastest; infinite = it never did.</summary>
    public static double Fastest(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double far)
    {
        var fastest = double.PositiveInfinity;
        for (var from = 0; from < days.Length; from++)
        {
            for (var to = from + 1; to < days.Length && days[to] - days[from] < fastest; to++)
            {
                if (levels[from] - levels[to] >= far)
                    fastest = days[to] - days[from];
            }
        }
        return fastest;
    }

    /// <summary>It falls now: over the latest week, as far as a day of it is known.</summary>
    public static bool FallsNow(in RecentLevels recent, DateTimeOffset now)
    {
        Span<double> days = stackalloc double[RecentLevels.Most];
        Span<double> levels = stackalloc double[RecentLevels.Most];
        Span<double> widths = stackalloc double[RecentLevels.Most];
        var n = recent.Course(now.AddDays(-7), now, days, levels, widths);
        double known = 0, time = 0, level = 0, both = 0;
        for (var i = 0; i < n; i++)
        {
            known += widths[i];
            time += widths[i] * days[i];
            level += widths[i] * levels[i];
            both += widths[i] * days[i] * levels[i];
        }
        // The sign of a straight line's slope.
        return known < 1 || both * known < time * level;
    }
}
