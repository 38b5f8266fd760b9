using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

public sealed class WaveRulesTests
{
    /// <summary>Ten devices, all the wave may hold.</summary>
    [Theory]
    [InlineData(90, 5, 9, 0, 0, true)]
    [InlineData(90, 5, 8, 0, 0, false)]
    // Who put it off or cannot be reached is not asked.
    [InlineData(90, 5, 5, 3, 2, true)]
    [InlineData(90, 5, 4, 3, 2, false)]
    // A quorum of few is no sample.
    [InlineData(10, 5, 4, 0, 0, false)]
    [InlineData(10, 5, 5, 0, 0, true)]
    [InlineData(10, 5, 0, 5, 5, false)]
    public void A_wave_is_through_with_a_quorum_of_those_that_can_be_reached_and_the_minimum_sample(int quorum, int sample, int done, int deferred, int offline, bool through)
    {
        RolloutDevice[] devices =
        [
            .. Some(done, UpdateStep.Done), .. Some(deferred, UpdateStep.Told, Because.Deferred), .. Some(offline, UpdateStep.Told, Because.Offline),
            .. Some(10 - done - deferred - offline, UpdateStep.Told), .. Some(10, UpdateStep.Waiting),
        ];
        Assert.Equal(through, WaveRules.IsThrough(Rollout(devices) with { Rules = new() { QuorumPercent = quorum, MinimumSample = sample } }));
    }

    [Fact]
    public void A_wave_in_which_nobody_could_be_reached_does_not_pass() =>
        Assert.False(WaveRules.IsThrough(Rollout([.. Some(20, UpdateStep.Waiting, Because.Offline)])));

    private static IEnumerable<RolloutDevice> Some(int count, UpdateStep step, string? code = null) =>
        Enumerable.Range(0, count).Select(i => new RolloutDevice { Id = $"{step}-{code}-{i}", Step = step, Code = code });

    private static StagedRollout Rollout(RolloutDevice[] devices) => new()
    {
        Release = "sensor-1",
        Track = "sensor",
        Round = 1,
        Epoch = 1,
        Rules = new(),
        CreatedAt = default,
        State = RolloutState.Running,
        Plan = 1,
        Limits = [10, 20],
        Cursor = StagedRollout.Everything,
        Counts = RolloutCounts.None.Change([], devices),
    };
}
