using IoTBackend.Core.Detection;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Connectivity;

public sealed class SilenceTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_regular_device_is_called_offline_within_a_few_intervals_and_online_with_its_next_message()
    {
        var device = new WatchedDevice().Report(3000, Minute).Wait(Minute * 6).Hear(new() { Sequence = 3001 });
        Assert.Equal([AlertChange.Opened, AlertChange.Revised, AlertChange.Cleared], device.Of(AlertKind.DeviceOffline).Select(s => s.Change));
        Assert.Equal(device.Now, device.Signals[^1].At);
    }

    [Fact]
    public void The_summary_says_how_long_and_what_is_usual_in_one_style() => Assert.Equal(
        "Silent for 3.5 min; its rhythm of a message every 60 s does not explain that.",
        new WatchedDevice(new() { ReportingInterval = Minute }).Report(3000, Minute).Wait(Minute * 6).Opened(AlertKind.DeviceOffline).Single().Summary);

    [Fact]
    public void A_device_without_a_radio_has_no_signal_in_its_evidence() => Assert.DoesNotContain(
        "rssi", new WatchedDevice().Report(3000, Minute).Wait(Minute * 6).Opened(AlertKind.DeviceOffline).Single().Evidence.Keys);

    [Fact]
    public void The_same_device_is_online_while_it_is_only_late() => Assert.Empty(new WatchedDevice().Report(3000, Minute).Wait(Minute * 2).Report(10, Minute).Signals);

    [Fact]
    public void A_lossy_device_gets_more_time_than_a_reliable_one()
    {
        var random = new Random(7);
        var lossy = new WatchedDevice();
        for (var i = 0; i < 5000; i++)
        {
            lossy.Wait(Minute);
            lossy.Sequence++;
            if (random.NextDouble() > 0.4)
                lossy.Hear(new() { Sequence = lossy.Sequence });
        }
        Assert.Empty(lossy.Of(AlertKind.DeviceOffline));
        Assert.True(lossy.Health.Timeout > 2 * new WatchedDevice().Report(3000, Minute).Health.Timeout);
    }

    [Fact]
    public void A_smaller_budget_of_false_alarms_buys_a_longer_timeout()
    {
        static TimeSpan? Timeout(double budget) => new WatchedDevice(new() { FalseAlarmsPer1000DeviceDays = budget }).Report(500, Minute).Health.Timeout;
        Assert.True(Timeout(0.001) > Timeout(1000));
    }

    [Fact]
    public void A_device_that_sends_in_bursts_is_not_called_offline_in_between()
    {
        var device = new WatchedDevice();
        for (var burst = 0; burst < 100; burst++)
            device.Report(5, TimeSpan.FromSeconds(2)).Wait(TimeSpan.FromHours(2 + burst % 3));
        Assert.True(device.Opened(AlertKind.DeviceOffline).Count() <= 3, "only before the pauses are known");
        Assert.DoesNotContain(device.Opened(AlertKind.DeviceOffline), s => s.At > WatchedDevice.Start.AddDays(2));
    }

    [Fact]
    public void A_declared_interval_and_an_announced_pause_win_over_what_was_learned()
    {
        Assert.Empty(new WatchedDevice(new() { ReportingInterval = TimeSpan.FromHours(1) }).Report(30, Minute).Wait(TimeSpan.FromHours(2)).Signals);
        Assert.Empty(new WatchedDevice().Report(300, Minute).Hear(new() { Next = TimeSpan.FromHours(8) }).Wait(TimeSpan.FromHours(9)).Signals);
    }

    [Fact]
    public void Nobody_is_called_offline_for_a_gap_the_backend_caused()
    {
        var device = new WatchedDevice().Report(3000, Minute);
        device.HeldSince = device.Now.AddHours(3);
        Assert.Empty(device.Wait(TimeSpan.FromHours(3) + Minute).Report(5, Minute).Signals);
    }

    [Fact]
    public void A_rhythm_that_slows_down_raises_one_alert_at_most_and_is_then_learned()
    {
        var device = new WatchedDevice().Report(1000, Minute).Report(100, TimeSpan.FromMinutes(10));
        Assert.True(device.Opened(AlertKind.DeviceOffline).Count() <= 12);
        Assert.Equal(ConnectivityStatus.Online, device.Wait(TimeSpan.FromMinutes(20)).Health.Status);
    }

    [Theory]
    [InlineData(2001, "device", "its counter stood still while it was silent")]
    [InlineData(2120, "link", "it went on sending unheard")]
    [InlineData(1, "device", "it started over")]
    public void The_counter_tells_the_cause_when_the_device_returns(long sequence, string cause, string why) =>
        Assert.True(cause == new WatchedDevice().Report(2000, Minute).Wait(TimeSpan.FromHours(2)).Hear(new() { Sequence = sequence }).Signals[^1].Cause, why);

    [Theory]
    [InlineData(119, "link")]
    [InlineData(0, "device")]
    [InlineData(500_000, "device")]
    public void What_a_device_kept_says_that_it_went_on_and_a_clock_that_started_over_does_not(int minutesOld, string cause)
    {
        var device = new WatchedDevice();
        device.Report(2000, Minute, i => new() { Sequence = i, Time = device.Now }).Wait(TimeSpan.FromHours(2));
        Assert.Equal(cause, device.Hear(new() { Sequence = 2000, Time = device.Now.AddMinutes(-minutesOld) }).Signals[^1].Cause);
    }

    [Fact]
    public void A_silence_right_after_a_switch_of_image_is_put_down_to_the_update()
    {
        var device = new WatchedDevice().Report(2000, Minute, i => new() { Digest = i < 1999 ? "sha256:old" : "sha256:new" }).Wait(TimeSpan.FromHours(1));
        Assert.Equal("update", device.Opened(AlertKind.DeviceOffline).Single().Cause);
    }

    [Fact]
    public void A_silence_with_a_critical_battery_is_put_down_to_power()
    {
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) }).Report(2000, Minute, i => new() { BatteryVoltage = 3.2 - i * 0.00025 }).Wait(TimeSpan.FromHours(1));
        Assert.Equal("power", device.Opened(AlertKind.DeviceOffline).Single().Cause);
    }

    [Fact]
    public void In_and_out_again_and_again_is_one_flapping_alert()
    {
        var device = new WatchedDevice().Report(500, Minute);
        for (var i = 0; i < 8; i++)
            device.Wait(TimeSpan.FromMinutes(12)).Report(8, Minute);
        Assert.Single(device.Of(AlertKind.DeviceFlapping));
        Assert.Equal(AlertChange.Cleared, device.Report(400, Minute).Of(AlertKind.DeviceFlapping).Last().Change);
    }
}
