using IoTBackend.Core.Detection.Battery;

namespace Core.Tests.Detection.Battery;

public sealed class RecentLevelsTests
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    [Fact]
    public void A_day_that_is_half_kept_in_long_steps_and_half_in_short_ones_has_the_mean_of_its_hours()
    {
        const long Now = 20_000 * Day;
        BatteryLife life = default;
        life.Begin(Now - 6 * Day, 3.6f, Hour, 0);
        RecentLevels recent = default;
        // Warm mornings, cold evenings: the second half of each day is a volt lower.
        for (var at = Now - 6 * Day; at <= Now; at += Hour)
            recent.Add(at, at % Day < Day / 2 ? 4 : 3, in life);
        Assert.InRange(recent.Mean(Now - 4 * Day, Now - 3 * Day), 3.4, 3.6);
        Assert.Equal(3.5, recent.Mean(Now - Day, Now), 3);
    }

    [Fact]
    public void A_time_of_which_nothing_is_kept_has_no_mean() => Assert.True(double.IsNaN(default(RecentLevels).Mean(20_000 * Day, 20_001 * Day)));
}
