namespace IoTBackend.Core.Releases.Judging.Statistics;

/// <summary>What a count says of a share, however often it is looked at.</summary>
internal static class Shares
{
    /// <summary>Weights the mixture gives to shares: a Beta distribution of mean a tenth. Any choice keeps the error; this one is narrow for small shares.</summary>
    private const double PriorA = 1;
    private const double PriorB = 9;

    /// <summary>
    /// Lower bound of the share behind <paramref name="count"/> of <paramref name="of"/>, right with probability 1 - <paramref name="alpha"/> at all looks together: the shares
    /// at which the beta-binomial mixture martingale stays below 1 / alpha (Ville 1939; Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 49, 2021).
    /// </summary>
    public static double Lower(long count, long of, double alpha) => count == 0 ? 0 : Bound(count, of, alpha, 0, (double)count / of);

    /// <summary>Upper bound, likewise.</summary>
    public static double Upper(long count, long of, double alpha) => count == of ? 1 : Bound(count, of, alpha, 1, (double)count / of);

    /// <summary>
    /// Fisher's exact test: the probability that at least <paramref name="count"/> of <paramref name="of"/> are among the <paramref name="count"/> + <paramref name="others"/> it happened to,
    /// had chance chosen them from both groups.
    /// </summary>
    public static double Fisher(int count, int of, int others, int ofOthers)
    {
        var (events, all) = (count + others, of + ofOthers);
        var (sum, whole) = (0.0, Special.LogChoose(all, events));
        for (var k = Math.Min(of, events); k >= count; k--)
        {
            if (events - k <= ofOthers)
                sum += Math.Exp(Special.LogChoose(of, k) + Special.LogChoose(ofOthers, events - k) - whole);
        }
        return Math.Min(1, sum);
    }

    /// <summary>The smallest count that <see cref="Fisher"/> would call more than chance; more than <paramref name="of"/> = none would.</summary>
    public static int SmallestSeen(int of, int others, int ofOthers, double alpha)
    {
        var (low, high) = (1, of + 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (middle <= of && Fisher(middle, of, others, ofOthers) > alpha)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static double Bound(long count, long of, double alpha, double outer, double inner)
    {
        var mixture = Special.LogBeta(PriorA + count, PriorB + of - count) - Special.LogBeta(PriorA, PriorB);
        var limit = -Math.Log(alpha);
        for (var i = 0; i < 60; i++)
        {
            var p = (outer + inner) / 2;
            if (mixture - Times(count, Math.Log(p)) - Times(of - count, Math.Log(1 - p)) >= limit)
                outer = p;
            else
                inner = p;
        }
        return outer;
    }

    private static double Times(long count, double log) => count == 0 ? 0 : count * log;
}
