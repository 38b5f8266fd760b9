namespace IoTBackend.Core.Detection.Battery;

/// <summary>A shape fitted to a life, and what it is worth.</summary>
/// <param name="Trend">The fit over the whole life.</param>
/// <param name="Error">Mean square of the natural logarithm of (time taken / time foretold) in this life's own past.</param>
/// <param name="Weight">How much it counts.</param>
internal readonly record struct DischargeShape(DischargeTrend Trend, double Error, double Weight)
{
    /// <summary>Days left to the target; a fall that is not significant never gets there.</summary>
    public DischargeVote Vote(double target, double nowDays, double current) => new(
        Trend.Slope <= 2 * Trend.SlopeError ? double.PositiveInfinity : Trend.Reaches(target, nowDays, current) - nowDays, Error, Weight);
}

/// <summary>The shapes a discharge may have, judged by what each would have said at earlier moments of the same life.</summary>
internal static class DischargeShapes
{
    private static readonly double[] Powers = [0.6, 0.8, 1, 1.4, 2, 3];

    /// <summary>Without evidence an even fall is likelier than a bent one.</summary>
    private static readonly double[] Priors = [0.5, 0.8, 1, 0.8, 0.6, 0.4];

    /// <summary>Moments of the past from which the present is foretold, as shares of the points.</summary>
    private static readonly double[] Origins = [0.5, 0.67, 0.83];

    private const int FewestPoints = 5;

    /// <summary>Evidence counts like so many independent points, of the fit and of the past each: neighbours on a discharge curve are anything but.</summary>
    private const double IndependentPoints = 3;

    /// <summary>Wrong by more than e squared times says no more than that.</summary>
    private const double WorstError = 2;

    /// <summary>What is assumed where the past says nothing: wrong by a factor of 1.7, with which nine intervals in ten hold on batteries made up in the tests.</summary>
    private const double UnknownError = 0.3;

    public static int Count => Powers.Length;

    /// <summary>The level now: mean of the latest two points.</summary>
    public static double Current(ReadOnlySpan<double> levels) => (levels[^1] + levels[^2]) / 2;

    public static void Fit(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, Span<DischargeShape> shapes)
    {
        for (var i = 0; i < Powers.Length; i++)
        {
            var trend = DischargeTrend.Fit(days, levels, Powers[i]);
            var error = PastError(days, levels, Powers[i]);
            shapes[i] = new(trend, error, Priors[i] * Math.Pow((trend.Residual + 0.002) * (error + 0.05), -IndependentPoints / 2));
        }
    }

    private static double PastError(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double power)
    {
        var (sum, count) = (UnknownError, 1);
        var (target, reachedAt) = (Current(levels), days[^1]);
        foreach (var share in Origins)
        {
            var n = (int)(share * days.Length);
            if (n < FewestPoints || Current(levels[..n]) <= target)
                continue;
            var then = days[n - 1];
            var foretold = DischargeTrend.Fit(days[..n], levels[..n], power).Reaches(target, then, Current(levels[..n])) - then;
            var error = Math.Clamp(Math.Log((reachedAt - then) / Math.Max(foretold, 1e-9)), -WorstError, WorstError);
            sum += error * error;
            count++;
        }
        return sum / count;
    }
}
