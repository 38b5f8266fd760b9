using CsCheck;
using IoTBackend.Core.Releases.Judging.Statistics;

namespace Core.Tests.Releases.Judging;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.05, 1.6448536)]
    [InlineData(0.01, 2.3263479)]
    [InlineData(1e-5, 4.2648908)]
    public void The_normal_quantile_is_that_of_the_tables(double tail, double quantile) => Assert.Equal(quantile, Special.NormalQuantile(tail), 1e-6);

    [Fact]
    public void The_logarithm_of_the_gamma_function_is_that_of_factorials()
    {
        var (log, n) = (0.0, 1);
        for (; n < 200; n++, log += Math.Log(n - 1))
            Assert.Equal(log, Special.LogGamma(n), 1e-9);
    }

    [Fact]
    public void Fishers_test_is_the_share_of_all_choices_that_look_so_bad() => Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 6], Gen.Int[0, 6]).Sample((of, ofOthers, a, b) =>
    {
        var (count, others) = (Math.Min(a, of), Math.Min(b, ofOthers));
        var choices = Enumerable.Range(0, 1 << (of + ofOthers)).Where(c => System.Numerics.BitOperations.PopCount((uint)c) == count + others).ToArray();
        var asBad = choices.Count(c => System.Numerics.BitOperations.PopCount((uint)c & ((1u << of) - 1)) >= count);
        Assert.Equal((double)asBad / choices.Length, Shares.Fisher(count, of, others, ofOthers), 1e-9);
    });

    [Fact]
    public void Bounds_hold_the_observed_share_and_narrow_with_the_number() => Gen.Select(Gen.Int[1, 500], Gen.Double[0, 1], Gen.Double[0.0001, 0.2]).Sample((of, at, alpha) =>
    {
        var count = (int)(at * of);
        var (low, high) = (Shares.Lower(count, of, alpha), Shares.Upper(count, of, alpha));
        Assert.InRange((double)count / of, low, high);
        Assert.True(Shares.Lower(10 * count, 10 * of, alpha) >= low - 1e-9 && Shares.Upper(10 * count, 10 * of, alpha) <= high + 1e-9);
        Assert.True(Shares.Lower(count, of, alpha / 2) <= low);
    });

    /// <summary>A bound for one look would fail several times as often when it is looked at hundreds of times.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.3)]
    public void A_share_is_outside_its_bounds_at_any_of_many_looks_no_more_often_than_allowed(double share)
    {
        var (random, wrong) = (new Random(7), 0);
        for (var run = 0; run < 100; run++)
        {
            var (count, isWrong) = (0, false);
            for (var of = 1; of <= 400 && !isWrong; of++)
            {
                var happened = random.NextDouble() < share;
                count += happened ? 1 : 0;
                if (happened || of % 50 == 0)
                    isWrong = Shares.Lower(count, of, 0.05) > share || Shares.Upper(count, of, 0.05) < share;
            }
            wrong += isWrong ? 1 : 0;
        }
        // Two sides of 5 % each, and three standard deviations of what 100 runs show.
        Assert.InRange(wrong, 0, 100 * (0.1 + (3 * Math.Sqrt(0.1 * 0.9 / 100))));
    }

    [Fact]
    public void A_shift_is_found_again_whatever_the_figures() => Gen.Select(Gen.Double[-10, 10].Array[5, 30], Gen.Double[-10, 10].Array[5, 30], Gen.Double[-5, 5]).Sample((one, other, by) =>
    {
        var (before, after) = (RankShift.Of([(one, other)], 0.01, 0.05), RankShift.Of([([.. one.Select(v => v + by)], other)], 0.01, 0.05));
        Assert.Equal(before.Shift + by, after.Shift, 1e-9);
        Assert.True(after.Low <= after.Shift && after.Shift <= after.High);
        Assert.True(double.IsInfinity(before.Low) ? double.IsInfinity(after.Low) : Math.Abs(before.Low + by - after.Low) < 1e-9);
    });

    [Fact]
    public void The_bounds_of_a_shift_are_wrong_as_seldom_as_asked_also_where_outliers_are_many()
    {
        var (random, low, high) = (new Random(11), 0, 0);
        for (var run = 0; run < 1000; run++)
        {
            // Two strata that lie far apart, and of which one group has more in the higher.
            var shift = RankShift.Of([(Draw(8), Draw(20)), ([.. Draw(4).Select(v => v + 100)], [.. Draw(30).Select(v => v + 100)])], 0.01, 0.05);
            (low, high) = (low + (shift.Low > 0 ? 1 : 0), high + (shift.High < 0 ? 1 : 0));
        }
        Assert.InRange(low, 0, (1000 * 0.01) + 10);
        Assert.InRange(high, 0, (1000 * 0.05) + 21);

        double[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() < 0.1 ? 1000 * (random.NextDouble() - 0.5) : random.NextDouble())];
    }
}
