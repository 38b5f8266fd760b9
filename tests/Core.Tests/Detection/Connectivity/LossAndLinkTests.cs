using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Connectivity;

public sealed class LossAndLinkTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(500, 0)]
    [InlineData(150, 1)]
    [InlineData(20, 1)]
    public void One_lost_message_in_hundreds_is_no_episode_and_several_near_each_other_are(int apart, int told)
    {
        var device = new WatchedDevice();
        Assert.Equal(told, Math.Min(1, device.Report(6 * apart, Minute, i => new() { Sequence = device.Sequence += i % apart == apart - 1 ? 2 : 1 }).Opened(AlertKind.DeviceDataLoss).Count()));
    }

    [Theory]
    [InlineData("1 2 3 4 5", 0, "nothing is missing")]
    [InlineData("1 2 5 6", 2, "two are")]
    [InlineData("1 2 2 2 3", 0, "repeats")]
    [InlineData("1 2 5 3 4 6", 0, "late, not lost")]
    [InlineData("1 2 5 3 6", 1, "one of the two came late")]
    [InlineData("97 98 99 1 2 3", 0, "started over")]
    [InlineData("97 98 99 1 2 5", 2, "started over, then lost two")]
    [InlineData("97 98 99 7 100 101", 0, "one stray value")]
    [InlineData("252 253 255 1 2", 2, "wrapped at a byte, losing 254 and 0")]
    [InlineData("65533 65534 65535 0 1", 0, "wrapped at 16 bits")]
    [InlineData("1 2 3 900000 900001", 0, "a new counter, nothing could have sent so much")]
    public void The_counter_counts_what_was_lost_and_nothing_else(string sequence, long lost, string why)
    {
        SequenceCounter counter = default;
        long at = 0;
        foreach (var value in sequence.Split(' ').Select(long.Parse))
            counter.Take(value, at += 60_000, isSoon: false, out _);
        Assert.True(lost == counter.Lost, $"{why}: {counter.Lost}");
    }

    [Fact]
    public void Losing_a_fifth_of_the_messages_is_told_once_with_the_number_and_cleared_when_it_ends()
    {
        var device = new WatchedDevice().Report(300, Minute);
        for (var i = 0; i < 300; i++)
        {
            device.Sequence += i % 5 == 0 ? 1 : 0;
            device.Report(1, Minute);
        }
        device.Report(500, Minute);
        var told = device.Of(AlertKind.DeviceDataLoss).ToList();
        Assert.Equal([(AlertChange.Opened, Severity.Information), (AlertChange.Revised, Severity.Warning), (AlertChange.Cleared, Severity.Warning)], told.Select(s => (s.Change, s.Severity)));
        Assert.Equal(60L, told[^1].Evidence["lost"]);
    }

    [Fact]
    public void A_device_that_loses_a_few_now_and_then_is_told_of_ever_more_seldom()
    {
        var device = new WatchedDevice();
        for (var i = 0; i < 40 * 720; i++)
        {
            device.Sequence += i % 720 is < 360 and var within && within % 90 == 0 ? 1 : 0;
            device.Report(1, TimeSpan.FromMinutes(10));
        }
        Assert.InRange(device.Opened(AlertKind.DeviceDataLoss).Count(), 4, 7);
    }

    [Fact]
    public void What_a_device_goes_on_losing_is_added_to_the_alert_that_is_over_once_a_day()
    {
        var device = new WatchedDevice();
        for (var i = 0; i < 2000; i++)
        {
            device.Sequence += i % 100 == 0 ? 1 : 0;
            device.Report(1, Minute);
        }
        var told = device.Of(AlertKind.DeviceDataLoss).ToList();
        Assert.Equal([AlertChange.Opened, AlertChange.Cleared, AlertChange.Cleared], told.Select(t => t.Change));
        Assert.Single(told.Select(t => (t.RaisedAt, t.Severity)).Distinct(), t => t.Severity == Severity.Information);
        Assert.Equal("18 messages were lost, 14 of them among 1454 since it ended.", told[^1].Summary);
        Assert.Equal(1, device.Health.LostSinceAlert);
        Assert.Empty(device.Report(20_000, Minute).Of(AlertKind.DeviceDataLoss).Skip(4));
    }

    [Fact]
    public void An_episode_of_information_ends_after_fifty_messages_of_which_none_was_lost()
    {
        var device = new WatchedDevice().Report(3000, Minute);
        device.Sequence += 5;
        device.Report(1, Minute);
        Assert.Equal("5 of 3006 messages were lost.", device.Opened(AlertKind.DeviceDataLoss).Single().Summary);
        Assert.Single(device.Report(45, Minute).Of(AlertKind.DeviceDataLoss));
        Assert.Equal(AlertChange.Cleared, device.Report(6, Minute).Of(AlertKind.DeviceDataLoss).Last().Change);
    }

    [Fact]
    public void Evidence_names_no_signal_where_there_is_no_radio()
    {
        var device = new WatchedDevice().Report(1000, Minute);
        for (var i = 0; i < 200; i++)
        {
            device.Sequence++;
            device.Report(1, Minute);
        }
        Assert.DoesNotContain("rssi", device.Opened(AlertKind.LinkDegraded).Single().Evidence.Keys);
    }

    [Fact]
    public void Three_messages_lost_in_a_long_time_are_no_episode()
    {
        var device = new WatchedDevice();
        for (var i = 0; i < 3; i++)
        {
            device.Report(1000, Minute);
            device.Sequence++;
        }
        Assert.Empty(device.Report(1000, Minute).Signals);
    }

    [Fact]
    public void A_signal_far_below_the_devices_own_past_is_a_degraded_link()
    {
        var device = new WatchedDevice().Report(1000, Minute, i => new() { Rssi = -70 + i % 3 }).Report(100, Minute, i => new() { Rssi = -88 + i % 3 });
        Assert.Single(device.Opened(AlertKind.LinkDegraded));
        Assert.Equal(AlertChange.Cleared, device.Report(200, Minute, _ => new() { Rssi = -70 }).Of(AlertKind.LinkDegraded).Last().Change);
    }

    [Fact]
    public void A_signal_that_was_always_weak_is_no_alert() => Assert.Empty(new WatchedDevice().Report(1500, Minute, i => new() { Rssi = -115 + i % 9 }).Signals);

    [Fact]
    public void A_clock_that_is_off_is_measured_and_a_buffered_message_is_not_taken_for_it()
    {
        var device = new WatchedDevice();
        device.Report(20, Minute, _ => new() { Time = device.Now.AddHours(-3) });
        Assert.Equal(TimeSpan.FromHours(3), device.Health.ClockSkew);
        device.Hear(new() { Time = device.Now.AddDays(-2) });
        Assert.Equal(TimeSpan.FromHours(3), device.Health.ClockSkew);
    }
}
