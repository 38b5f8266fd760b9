using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

public sealed class RolloutForecastTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(2, 10 + 6)]
    [InlineData(3600, 5 * 3600)]
    [InlineData(0, 600 + 1)]
    public void A_wave_takes_what_devices_of_that_rhythm_take_to_hear_of_it_and_to_soak(int interval, int seconds)
    {
        var wave = Assert.Single(RolloutForecast.Of(new() { Soak = TimeSpan.FromSeconds(1), PacePerMinute = 1_000_000 }, [10], 0, 0, TimeSpan.FromSeconds(interval), null, Now, Now));
        Assert.Equal(seconds, (wave.Ends - Now).TotalSeconds, 1.0);
    }

    [Theory]
    [InlineData(30, 40)]
    [InlineData(65, 5)]
    [InlineData(500, 0)]
    public void A_wave_whose_devices_were_all_told_ends_the_sooner_the_longer_ago_that_was(int ago, int seconds)
    {
        var rollout = new StagedRollout
        {
            Release = "sensor-1",
            Track = "sensor",
            Round = 1,
            Epoch = 1,
            State = RolloutState.Running,
            Rules = new() { Soak = TimeSpan.FromMinutes(1) },
            CreatedAt = Now.AddHours(-1),
            Limits = [10],
            WaveSince = Now.AddSeconds(-ago),
            Rhythm = TimeSpan.FromSeconds(2),
            Counts = new Dictionary<string, int> { ["told"] = 10 },
        };
        Assert.Equal(seconds, (Assert.Single(rollout.Forecast(Now)).Ends - Now).TotalSeconds, 1.0);
    }
}
