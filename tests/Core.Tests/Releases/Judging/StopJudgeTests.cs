using IoTBackend.Benchmarks.Rollouts;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Judging;

namespace Core.Tests.Releases.Judging;

public sealed class StopJudgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(10, 1, Answer.CannotTell)]
    [InlineData(10, 6, Answer.Worse)]
    [InlineData(167, 13, Answer.Worse)]
    [InlineData(400, 4, Answer.NotWorse)]
    [InlineData(10, 0, Answer.CannotTell)]
    public void Failures_are_worse_not_worse_or_too_few_to_tell(int begun, int failed, Answer answer)
    {
        var found = StopJudge.Judge(new([new("m", "linux/arm/v7", begun, begun, failed)], 100, Now), StopMemory.None, new());
        Assert.Equal(answer, found.Criteria[0].Answer);
        Assert.Equal(answer == Answer.Worse ? NextStep.Stop : failed > 0 && answer == Answer.CannotTell ? NextStep.Pause : NextStep.GoOn, found.Next);
    }

    [Fact]
    public void Failures_of_one_platform_are_not_averaged_away()
    {
        var found = StopJudge.Judge(new([new("a", "linux/arm/v7", 160, 160, 13), new("b", "linux/amd64", 1000, 1000, 2)], 5000, Now), StopMemory.None, new());
        Assert.Equal(NextStep.Stop, found.Next);
        Assert.Contains("linux/arm/v7", found.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WhenUnclear.Pause, 10, NextStep.Pause)]
    [InlineData(WhenUnclear.Continue, 10, NextStep.GoOn)]
    [InlineData(WhenUnclear.Wait, 10, NextStep.Pause)]
    [InlineData(WhenUnclear.Wait, 8, NextStep.Wait)]
    public void What_cannot_be_told_follows_the_tracks_setting(WhenUnclear setting, int settled, NextStep next) =>
        Assert.Equal(next, StopJudge.Judge(new([new("m", "p", 10, settled, 1)], 100, Now), StopMemory.None, new() { Drain = new() { CannotTell = setting } }).Next);

    [Fact]
    public void What_cannot_be_told_holds_up_no_wave_that_is_the_last() =>
        Assert.Equal(NextStep.GoOn, StopJudge.Judge(new([new("m", "p", 10, 10, 1)], 0, Now), StopMemory.None, new()).Next);

    /// <summary>The short form of <c>scripts/bench rollouts-calibration</c>, whose figures are in docs/measured/rollouts.md.</summary>
    [Fact]
    public void Good_images_go_through_and_bad_ones_are_stopped()
    {
        var (good, drains, empties) = (Replays(25, new()), Replays(25, new(Drain: 1.25)), Replays(8, new(Terrible: 0.7)));
        Assert.InRange(good.Count(o => o.StoppedBy is not null), 0, 1);
        // What it cannot tell it does not call not worse.
        Assert.InRange(drains.Count(o => o.FirstDrain == Answer.Worse), 5, 25);
        Assert.InRange(drains.Count(o => o.FirstDrain == Answer.NotWorse), 0, 1);
        Assert.All(empties, o => Assert.True(o.StoppedBy is not null || o.Paused, "an image that empties seven devices of ten went through"));
        Assert.Contains(empties, o => o.StoppedBy == "drain");

        static ReplayOutcome[] Replays(int count, ImageEffect effect) => [.. Enumerable.Range(1, count).Select(seed => SimulatedRelease.Run(seed, effect, new()))];
    }
}
