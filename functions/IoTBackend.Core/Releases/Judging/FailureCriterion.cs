using IoTBackend.Core.Detection;
using IoTBackend.Core.Releases.Judging.Statistics;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// Failures, in all and in each platform and model. Worse is a share above the limit whose lower bound is above what good images fail by chance, for which a fifth of the limit
/// is taken: 13 of 160 with a limit of 5 %, not 1 of 10. The bound holds at every look, so that nothing is spent by looking.
/// </summary>
internal static class FailureCriterion
{
    public const string Name = "failures";

    private const double ChanceOfLimit = 0.2;

    public static CriterionFinding Judge(IReadOnlyList<CohortCount> cohorts, double maxPercent)
    {
        var groups = Groups(cohorts);
        var (limit, alpha) = (maxPercent / 100, ErrorBudget.Worse / Math.Max(1, groups.Count));
        CriterionFinding? worst = null;
        foreach (var (name, sum) in groups)
        {
            var finding = JudgeGroup(name, sum, limit, alpha);
            if (worst is null || finding.Answer > worst.Answer || (finding.Answer == worst.Answer && finding.Effect > worst.Effect && finding.Effect > limit))
                worst = finding;
        }
        return worst ?? new(Name, Answer.CannotTell, "No device has begun.");
    }

    private static CriterionFinding JudgeGroup(string name, CohortCount sum, double limit, double alpha)
    {
        var (share, chance) = ((double)sum.Failed / sum.Begun, ChanceOfLimit * limit);
        // What is still under way may yet succeed, so it counts for the lower bound; only what is settled does for the upper one.
        var low = Shares.Lower(sum.Failed, sum.Begun, alpha);
        var high = sum.Settled == 0 ? 1 : Shares.Upper(sum.Failed, sum.Settled, ErrorBudget.NotWorse);
        var answer = share > limit && low > chance ? Answer.Worse : high <= limit ? Answer.NotWorse : Answer.CannotTell;
        var smallest = Smallest(sum.Begun, limit, chance, alpha);
        return new(Name, answer,
            $"{sum.Failed} of {sum.Begun} {name} failed ({Say.Share(share)}, between {Say.Share(low)} and {Say.Share(high)}; the limit is {Say.Share(limit)}"
            + (smallest > sum.Begun ? "; so few show nothing)." : $"; {smallest} would have stopped it)."),
            share, low, high, smallest > sum.Begun ? null : (double)smallest / sum.Begun);
    }

    private static int Smallest(int begun, double limit, double chance, double alpha)
    {
        var (low, high) = (Math.Max(1, (int)Math.Floor(limit * begun) + 1), begun + 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (middle <= begun && Shares.Lower(middle, begun, alpha) <= chance)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>All, and each platform and model that is not all.</summary>
    private static List<(string Name, CohortCount Sum)> Groups(IReadOnlyList<CohortCount> cohorts)
    {
        var all = Sum(cohorts);
        List<(string, CohortCount)> groups = all.Begun == 0 ? [] : [("devices", all)];
        foreach (var part in cohorts.GroupBy(c => $"devices of {c.Platform}").Concat(cohorts.GroupBy(c => $"devices of model {c.Model}")))
        {
            if (Sum(part) is { Begun: > 0 } sum && sum.Begun < all.Begun)
                groups.Add((part.Key, sum));
        }
        return groups;
    }

    private static CohortCount Sum(IEnumerable<CohortCount> cohorts) =>
        cohorts.Aggregate(new CohortCount("", "", 0, 0, 0), (a, b) => new("", "", a.Begun + b.Begun, a.Settled + b.Settled, a.Failed + b.Failed));
}
