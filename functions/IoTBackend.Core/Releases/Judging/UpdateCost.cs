using IoTBackend.Core.Detection.Battery;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// What an update costs a battery of one model, learned from the updates it has had. Before any, a stated guess: half a percent, and one for every 50 MB. Past updates scale that guess, which itself counts as
/// much as five of them, so that one odd update does not keep a fleet waiting. A stored document; a value.
/// </summary>
/// <param name="Updates">Updates learned from.</param>
/// <param name="Measured">Percent they cost, summed.</param>
/// <param name="Guessed">Percent the guess had for them, summed.</param>
/// <param name="Bytes">Bytes they had to download at most, summed.</param>
/// <param name="Hours">From being told to the switch, summed.</param>
public sealed record UpdateCost(int Updates = 0, double Measured = 0, double Guessed = 0, double Bytes = 0, double Hours = 0)
{
    public static readonly UpdateCost Unknown = new();

    private const double GuessUpdates = 5;
    private const double GuessPercent = 0.5;
    private const double GuessPercentPerByte = 1 / 50e6;

    /// <summary>An update that cost so many times its guess is something else.</summary>
    private const double MostTimes = 10;
    private const double LeastTimes = 0.1;

    /// <summary>Longer than a day after being told, other things have happened too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan Past = TimeSpan.FromDays(2);

    /// <summary>Charge an update of this size is expected to take, percent.</summary>
    public double Percent(long bytes)
    {
        var guess = Guess(bytes);
        var weight = GuessUpdates * Guess(Updates == 0 ? bytes : (long)(Bytes / Updates));
        return guess * Math.Max(LeastTimes, (weight + Measured) / (weight + Guessed));
    }

    /// <summary>From being told to the switch, as it took on average; null = nothing is known.</summary>
    public TimeSpan? Takes => Updates == 0 ? null : TimeSpan.FromHours(Hours / Updates);

    /// <summary>
    /// Takes in what an update cost: how far the level after it lies below where its course before would have led. The same object where that cannot be told: no percent, charged, too little known.
    /// </summary>
    /// <param name="bytes">To download at most.</param>
    /// <param name="seen">The device, some reports after the switch.</param>
    /// <param name="toldAt">When it was told.</param>
    public UpdateCost Learn(long bytes, Sighting seen, DateTimeOffset toldAt)
    {
        if (!seen.Levels.IsPercent || seen.IsCharging || seen.DigestSince is not { } switched || switched < toldAt || switched - toldAt > Longest || seen.LastSeen is not { } until)
            return this;
        Span<double> days = stackalloc double[RecentLevels.Most], levels = stackalloc double[RecentLevels.Most], widths = stackalloc double[RecentLevels.Most];
        var n = seen.Levels.Course(toldAt - Past, toldAt, days, levels, widths);
        if (DrainSample.Slope(days[..n], levels[..n], widths[..n]) is not { } perDay)
            return this;
        var (day, level) = (Mean(days[..n]) - Past.TotalDays, Mean(levels[..n]));
        n = seen.Levels.Course(switched + DrainSample.LagReports * seen.Interval, until, days, levels, widths);
        days[0] += (switched + DrainSample.LagReports * seen.Interval - toldAt).TotalDays;
        if (n == 0 || days[0] > Longest.TotalDays + 1)
            return this;
        var guess = Guess(bytes);
        var cost = level - perDay * (days[0] - day) - levels[0];
        return new(Updates + 1, Measured + Math.Clamp(cost, -MostTimes * guess, MostTimes * guess), Guessed + guess, Bytes + bytes, Hours + (switched - toldAt).TotalHours);
    }

    private static double Guess(long bytes) => GuessPercent + GuessPercentPerByte * bytes;

    private static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }
}
