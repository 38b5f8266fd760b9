using IoTBackend.Core.Detection.Battery;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>How fast one battery drained before and after a moment, per day, in the unit of its level: the slopes of least squares through its means.</summary>
/// <param name="AfterHours">What the second slope rests on.</param>
/// <param name="Volts">The level at the end of the first, where it is no charge in percent: a voltage falls at a pace of its own at every level; else 0.</param>
internal readonly record struct DrainSample(double Before, double After, double AfterHours, double Volts)
{
    /// <summary>The robust level follows a change over so many reports, of which some are lost: until then it says what was before, and what the update itself took.</summary>
    public const int LagReports = RobustLevel.Window + 1;

    /// <summary>A past of so many days is compared with, the nearest; with as much after it the two weeks that are remembered are used up.</summary>
    private static readonly TimeSpan Past = TimeSpan.FromDays(6);

    private const int Fewest = 4;
    private const double LeastDays = 0.5;

    /// <summary>A rise by more is a charge: points, or a share of the voltage.</summary>
    private const double ChargePoints = 5;
    private const double ChargeShare = 0.02;

    /// <param name="levels">The device's.</param>
    /// <param name="told">From here on it was busy with the update.</param>
    /// <param name="switched">Until here.</param>
    /// <param name="interval">Between its reports.</param>
    /// <param name="now">The end.</param>
    /// <returns>Null = too little is known on one of the sides, or it was charged.</returns>
    public static DrainSample? Of(in RecentLevels levels, DateTimeOffset told, DateTimeOffset switched, TimeSpan interval, DateTimeOffset now)
    {
        Span<double> days = stackalloc double[RecentLevels.Most], values = stackalloc double[RecentLevels.Most], widths = stackalloc double[RecentLevels.Most];
        var n = levels.Course(told - Past, told, days, values, widths);
        if (Slope(days[..n], values[..n], widths[..n]) is not { } before)
            return null;
        var (allowed, lowest) = (levels.IsPercent ? ChargePoints : ChargeShare * values[0], values[0]);
        if (IsCharged(values[..n], allowed, ref lowest))
            return null;
        var volts = levels.IsPercent ? 0 : values[n - 1];
        n = levels.Course(switched + LagReports * interval, now, days, values, widths);
        return IsCharged(values[..n], allowed, ref lowest) || Slope(days[..n], values[..n], widths[..n]) is not { } after
            ? null
            : new(before, after, 24 * (days[n - 1] - days[0]), volts);
    }

    /// <summary>Loss per day; null = too few means, or over less than half a day.</summary>
    internal static double? Slope(ReadOnlySpan<double> days, ReadOnlySpan<double> values, ReadOnlySpan<double> widths)
    {
        double w = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (var i = 0; i < days.Length; i++)
            (w, x, y) = (w + widths[i], x + widths[i] * days[i], y + widths[i] * values[i]);
        if (days.Length < Fewest || days[^1] - days[0] < LeastDays)
            return null;
        (x, y) = (x / w, y / w);
        for (var i = 0; i < days.Length; i++)
            (xx, xy) = (xx + widths[i] * (days[i] - x) * (days[i] - x), xy + widths[i] * (days[i] - x) * (values[i] - y));
        return -xy / xx;
    }

    private static bool IsCharged(ReadOnlySpan<double> values, double allowed, ref double lowest)
    {
        foreach (var value in values)
        {
            if (value > lowest + allowed)
                return true;
            lowest = Math.Min(lowest, value);
        }
        return false;
    }
}
