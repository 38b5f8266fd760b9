namespace IoTBackend.Core.Releases.Judging.Statistics;

/// <summary>
/// How much larger one group's figures are than another's, without assuming anything about how they scatter: the Hodges-Lehmann shift (the median of all pairwise differences) and
/// the interval in which Wilcoxon's rank-sum test does not refuse it (Hodges and Lehmann 1963; Moses 1965). A few figures far off, on either side, move it by a rank each.
/// </summary>
/// <param name="Shift">The estimate.</param>
/// <param name="Low">Lower bound, negative infinity where there are too few.</param>
/// <param name="High">Upper bound.</param>
internal readonly record struct RankShift(double Shift, double Low, double High)
{
    /// <param name="pairs">Figures of the two groups, by what they are to be alike in: only what lies in one stratum is compared (van Elteren 1960). At most a few hundred devices.</param>
    /// <param name="alphaLow">Probability that the lower bound is too high; by the normal approximation without ties, which is cautious for both.</param>
    /// <param name="alphaHigh">Probability that the upper bound is too low.</param>
    public static RankShift Of(IReadOnlyList<(double[] One, double[] Other)> pairs, double alphaLow, double alphaHigh)
    {
        var differences = pairs.SelectMany(p => p.One.SelectMany(_ => p.Other, (a, b) => a - b)).Order().ToArray();
        var n = differences.Length;
        if (n == 0)
            return new(double.NaN, double.NegativeInfinity, double.PositiveInfinity);
        var (mean, deviation) = (n / 2.0, Math.Sqrt(pairs.Sum(p => (double)p.One.Length * p.Other.Length * (p.One.Length + p.Other.Length + 1) / 12)));
        var (low, high) = (Rank(alphaLow), Rank(alphaHigh));
        return new(
            n % 2 == 1 ? differences[n / 2] : (differences[(n / 2) - 1] + differences[n / 2]) / 2,
            low < 0 ? double.NegativeInfinity : differences[low],
            high < 0 ? double.PositiveInfinity : differences[n - 1 - high]);

        int Rank(double alpha) => (int)Math.Floor(mean - Special.NormalQuantile(alpha) * deviation - 0.5);
    }
}
