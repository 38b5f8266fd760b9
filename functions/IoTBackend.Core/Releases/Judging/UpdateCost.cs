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

    /// <summary>The robust level is a median, most of which is from after the switch by then; longer after being told, other things have happened too.</summary>
    private const int FewestReports = 8;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(2);
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
    /// Takes in what an update cost: how far the charge lies below what it was when the device was told, less what the slope of the days before explains. The same object where that cannot be told:
    /// no percent, charged, too little known, too few reports since for the robust level to have followed.
    /// </summary>
    /// <param name="bytes">To download at most.</param>
    /// <param name="seen">The device, some reports after the switch.</param>
    /// <param name="before">What was known of it when it was told.</param>
    public UpdateCost Learn(long bytes, Sighting seen, Baseline before)
    {
        if (!seen.Levels.IsPercent || seen.IsCharging || before.BatteryPercent is not { } had || seen.BatteryPercent is not { } has || seen.LastSeen is not { } until
            || seen.DigestSince is not { } switched || switched < before.At || until - before.At > Longest || seen.Heartbeats < FewestReports)
            return this;
        Span<double> days = stackalloc double[RecentLevels.Most], levels = stackalloc double[RecentLevels.Most], widths = stackalloc double[RecentLevels.Most];
        var n = seen.Levels.Course(before.At - Past, before.At, days, levels, widths);
        if (DrainSample.Slope(days[..n], levels[..n], widths[..n]) is not { } perDay)
            return this;
        var guess = Guess(bytes);
        var cost = had - has - (perDay * (until - before.At).TotalDays);
        return new(Updates + 1, Measured + Math.Clamp(cost, -MostTimes * guess, MostTimes * guess), Guessed + guess, Bytes + bytes, Hours + (switched - before.At).TotalHours);
    }

    private static double Guess(long bytes) => GuessPercent + GuessPercentPerByte * bytes;
}
