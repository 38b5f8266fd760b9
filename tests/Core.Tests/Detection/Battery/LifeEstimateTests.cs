using System.Buffers.Binary;
using IoTBackend.Core.Detection.Battery;

namespace Core.Tests.Detection.Battery;

/// <summary>What lives that ended teach about the next one.</summary>
public sealed class LifeEstimateTests
{
    [Fact]
    public void Lives_that_ended_outside_their_intervals_make_the_next_one_wider_on_that_side_and_lives_that_did_not_narrower()
    {
        var (early, late) = Sides(Lives(_ => 0));
        var (earlyAfterMisses, lateAfterMisses) = Sides(Lives(life => life % 4 == 0 ? -1 : 0));
        Assert.True(earlyAfterMisses > 1.5 * early, $"{earlyAfterMisses} after misses, {early} before");
        Assert.Equal(late, lateAfterMisses, 6);
        var unknown = Sides(Lives(_ => null));
        Assert.True(early < unknown.Early && late < unknown.Late);
    }

    [Fact]
    public void One_life_in_twenty_that_misses_on_a_side_leaves_its_width_as_it_is() =>
        Assert.Equal(Sides(Lives(_ => null)).Early, Sides(Lives(life => life % 20 == 0 ? -1 : 0)).Early, 2);

    [Theory]
    [InlineData(0.52)]
    [InlineData(0.63)]
    [InlineData(0.75)]
    [InlineData(0.88)]
    public void The_largest_error_of_few_lives_makes_its_side_wider_however_many_there_are(double fall)
    {
        for (var n = 2; n < 16; n++)
        {
            var lives = Lives(_ => null)[..n];
            var late = Sides(lives, fall).Late;
            for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
                lives[^1].SetError(Expert.Together, origin, 10, 5);
            Assert.True(Sides(lives, fall).Late > 1.3 * late, $"{n} lives");
        }
    }

    [Fact]
    public void A_dozen_lives_that_were_alike_make_an_interval_narrow()
    {
        var (early, late) = Sides(Lives(_ => null)[..12]);
        Assert.InRange(early, 0.1, 0.25);
        Assert.InRange(late, 0.1, 0.25);
    }

    [Fact]
    public void A_course_that_does_not_fall_may_end_after_a_tenth_of_its_age()
    {
        var estimate = new LifeEstimate([], stackalloc double[LifeLesson.Experts]).Combine(new(Age: 75, Fall: 0, Today: 20_100, Shapes: 750, Line: double.PositiveInfinity, Spread: 0.3, Noise: 0, IsKnee: false));
        Assert.Equal((750, 7.5), (estimate.Days, Math.Round(estimate.Earliest, 6)));
    }

    [Fact]
    public void The_date_is_corrected_by_what_was_always_wrong()
    {
        Span<double> days = stackalloc double[LifeLesson.Experts];
        var right = Estimate(Lives(_ => 0), days).Days;
        var lives = Lives(_ => 0, error: -0.5);
        Assert.InRange(Estimate(lives, days).Days / right, Math.Exp(-0.5), Math.Exp(-0.3));
    }

    [Fact]
    public void Lives_that_would_not_have_foretold_each_other_are_believed_less_than_lives_that_would()
    {
        // By its own past 75 days are left; by lives of which each took its 100 days, 25.
        Span<double> days = stackalloc double[LifeLesson.Experts];
        var alike = Estimate(Lives(_ => null, length: _ => 100)[..4], days, shapes: 75).Days;
        var unlike = Estimate(Lives(_ => null, length: life => life % 2 == 0 ? 100 : 1000, bend: life => life % 2 == 0 ? 1 : 8)[..4], days, shapes: 75).Days;
        Assert.True(alike < unlike, $"{alike} of lives alike, {unlike} of others");
    }

    [Fact]
    public void Lives_are_believed_as_far_as_together_they_were_better_than_each_by_itself()
    {
        Span<double> days = stackalloc double[LifeLesson.Experts];
        Assert.True(By(own: 0.6, together: 0.1, days) < By(own: 0.1, together: 0.6, days));

        static double By(double own, double together, Span<double> days)
        {
            var lives = Lives(_ => null)[..4];
            foreach (ref var life in lives.AsSpan())
            {
                for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
                {
                    life.SetError(Expert.Shapes, origin, 10, 10 * Math.Exp(own));
                    life.SetError(Expert.Together, origin, 10, 10 * Math.Exp(together));
                }
            }
            _ = Estimate(lives, days, shapes: 75);
            return days[(int)Expert.Together];
        }
    }

    [Fact]
    public void A_life_stored_by_an_earlier_version_says_nothing_of_its_intervals()
    {
        byte[] stored = [1, 1, 0, .. new byte[48]];
        BinaryPrimitives.WriteSingleLittleEndian(stored.AsSpan(3), 100);
        BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(7), 20_000);
        var life = Assert.Single(LearnedLives.Read(stored).Low);
        Assert.Equal((100, 20_000, false), ((int)life.Days, (int)life.At, life.HasIntervals));
    }

    /// <summary>Twenty lives, with errors of a tenth to either side, and the side on which each missed its intervals: before, after, neither, not known.</summary>
    private static LifeLesson[] Lives(Func<int, int?> missed, double error = 0, Func<int, double>? length = null, Func<int, double>? bend = null)
    {
        var lives = new LifeLesson[20];
        for (var life = 0; life < lives.Length; life++)
        {
            var (days, power) = (length?.Invoke(life) ?? 100, bend?.Invoke(life) ?? 1);
            lives[life] = new() { Days = (float)days, At = (ushort)(20_000 + life) };
            lives[life].SetWay([.. Enumerable.Range(1, 100).Select(d => d * days / 100)], [.. Enumerable.Range(1, 100).Select(d => 4 - Math.Pow(0.01 * d, power))], 4, 3);
            for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
            {
                foreach (var expert in Enum.GetValues<Expert>())
                    lives[life].SetError(expert, origin, 10, 10 * Math.Exp(0.1 * (life % 5 - 2) / 2 - error));
                if (missed(life) is { } side)
                    lives[life].SetInterval(origin, 10, side < 0 ? 11 : 9, side > 0 ? 9 : 12);
            }
        }
        return lives;
    }

    private static (double Early, double Late) Sides(LifeLesson[] lives, double fall = 0.75)
    {
        Span<double> days = stackalloc double[LifeLesson.Experts];
        var (middle, earliest, latest) = Estimate(lives, days, fall);
        return (Math.Log(middle / earliest), Math.Log(latest / middle));
    }

    private static (double Days, double Earliest, double Latest) Estimate(LifeLesson[] lives, Span<double> days, double fall = 0.75, double shapes = 25) =>
        new LifeEstimate(lives, days).Combine(new(Age: 75, fall, Today: 20_100, shapes, Line: shapes, Spread: 0.3, Noise: 0, IsKnee: false));
}
