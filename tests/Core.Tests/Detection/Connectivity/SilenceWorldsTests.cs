using IoTBackend.Core.Detection;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Connectivity;

/// <summary>Fleets that never were: rhythms of seconds to hours, steady and jittering, losses of none to most, real silences in between.</summary>
public sealed class SilenceWorldsTests
{
    private const int Messages = 20_000;
    private const int SilenceEvery = 700;

    // At one in two lost the median is one interval or two, as it happens, and the delay in medians doubles with it.
    [Theory]
    [InlineData(5, 0, 0.05, 6.2)]
    [InlineData(60, 0, 0.3, 6.2)]
    [InlineData(600, 0.002, 0.1, 6.2)]
    [InlineData(600, 0.01, 0, 6.2)]
    [InlineData(21_600, 0, 0.2, 6.2)]
    [InlineData(21_600, 0.02, 0.1, 6.2)]
    [InlineData(60, 0.1, 0.1, 14.5)]
    [InlineData(600, 0.3, 0.1, 14.5)]
    [InlineData(10, 0.5, 0.1, 20)]
    [InlineData(3600, 0.85, 0.1, 15)]
    public void Every_silence_is_told_soon_and_hardly_anything_else(double seconds, double loss, double jitter, double latest)
    {
        foreach (var seed in new[] { 11, 21, 22, 23 })
            Live(new Random(seed), seconds, loss, jitter, latest);
    }

    private static void Live(Random random, double seconds, double loss, double jitter, double latest)
    {
        var (device, arrivals) = (new WatchedDevice(), new List<DateTimeOffset>());
        for (var i = 1; i <= Messages; i++)
        {
            device.Sequence++;
            device.Wait(TimeSpan.FromSeconds(seconds * (1 + jitter * (random.NextDouble() - 0.5))));
            if (i % SilenceEvery == 0)
                device.Wait(TimeSpan.FromSeconds(seconds / (1 - loss) * random.Next(25, 200)));
            if (random.NextDouble() < loss)
                continue;
            device.Hear(new() { Sequence = device.Sequence });
            arrivals.Add(device.Now);
        }
        var raised = device.Opened(AlertKind.DeviceOffline).Select(s => s.RaisedAt).ToList();
        var gaps = arrivals.Zip(arrivals.Skip(1)).Select(g => (g.First, Length: g.Second - g.First)).ToList();
        var own = gaps.Select(g => g.Length).Order().ElementAt(gaps.Count / 2);
        var silences = gaps.Where(g => g.Length >= 20 * own && g.Length >= TimeSpan.FromMinutes(10)).Select(g => g.First).ToHashSet();
        var alerts = raised.Select(r => (At: r, Gap: gaps[arrivals.FindLastIndex(a => a <= r)])).ToList();
        var told = alerts.Where(a => silences.Contains(a.Gap.First)).ToList();
        // A silence that follows another after one message may lie under the same alert.
        Assert.True(told.Count >= 0.97 * silences.Count - 1, $"{told.Count} of {silences.Count} told");
        Assert.InRange(told.Select(a => (a.At - a.Gap.First) / own).Order().ElementAt(told.Count / 2), 0, latest);
        var days = (device.Now - WatchedDevice.Start).TotalDays;
        var wrong = alerts.Count(a => a.Gap.Length < 10 * own);
        Assert.True(wrong <= 1 + 2 * days / 1000, $"{wrong} false alarms in {days:0} days");
    }

    [Theory]
    [InlineData(20)]
    [InlineData(1800)]
    public void A_device_that_sends_when_something_happens_is_hardly_ever_called_offline(double meanSeconds)
    {
        var (random, device) = (new Random(5), new WatchedDevice());
        for (var i = 0; i < Messages; i++)
            device.Wait(TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) * meanSeconds)).Hear(new() { Sequence = i });
        // Twenty of its pauses reach ten medians.
        Assert.InRange(device.Opened(AlertKind.DeviceOffline).Count(), 0, 4);
    }

    [Fact]
    public void A_pause_that_keeps_coming_back_and_ends_by_itself_is_waited_for()
    {
        var device = new WatchedDevice();
        for (var i = 0; i < 50; i++)
            device.Report(100, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(14));
        Assert.InRange(device.Opened(AlertKind.DeviceOffline).Count(), 1, 2);
        Assert.Single(device.Wait(TimeSpan.FromMinutes(10)).Opened(AlertKind.DeviceOffline), a => a.RaisedAt > device.Now.AddMinutes(-10));
    }

    [Fact]
    public void A_silence_far_longer_than_what_its_flapping_explains_is_told()
    {
        var (random, device, silences) = (new Random(3), new WatchedDevice(), 0);
        for (var spell = 0; spell < 600; spell++)
        {
            device.Report(1 + random.Next(13), TimeSpan.FromMinutes(5), _ => new());
            var isLong = spell % 30 == 29;
            silences += isLong ? 1 : 0;
            device.Wait(TimeSpan.FromMinutes(5 * (isLong ? 45 : Math.Exp(2.3 + 0.4 * (random.NextDouble() - 0.5)))));
        }
        Assert.InRange(device.Opened(AlertKind.DeviceOffline).Count(), silences - 2, 2 * silences);
    }

    [Fact]
    public void A_silence_with_an_exhausted_battery_is_told_sooner_than_the_devices_pauses_would_have_it()
    {
        var policy = new DetectionPolicy { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) };
        TimeSpan? Timeout(double volts)
        {
            var device = new WatchedDevice(policy);
            for (var i = 0; i < 40; i++)
                device.Report(100, TimeSpan.FromMinutes(1), _ => new() { BatteryVoltage = volts }).Wait(TimeSpan.FromMinutes(7));
            return device.Report(20, TimeSpan.FromMinutes(1), _ => new() { BatteryVoltage = volts }).Health.Timeout;
        }
        Assert.True(Timeout(3.3) > TimeSpan.FromMinutes(8));
        Assert.Equal(TimeSpan.FromMinutes(5), Timeout(2.7));
    }

    [Theory]
    [InlineData("power", 3.2, 2.79, 2.75, 2.79)]
    [InlineData("power", 3.3, 3.3, 3.3, 3.28, 3.25, 3.2, 3.15, 3.1, 3.05, 2.98, 2.92)]
    [InlineData("unknown", 3.3, 3.3, 2.7)]
    [InlineData("unknown", 2.96, 2.95, 2.96, 2.95, 2.96, 2.95, 2.94, 2.95, 2.94, 2.94, 2.94)]
    public void A_battery_that_was_ending_explains_the_silence(string cause, params double[] latest)
    {
        var device = new WatchedDevice(new DetectionPolicy { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) });
        device.Report(300, TimeSpan.FromHours(1), _ => new() { BatteryVoltage = 3.3 }).Report(latest.Length, TimeSpan.FromHours(1), i => new() { BatteryVoltage = latest[i] });
        Assert.Equal(cause, Assert.Single(device.Wait(TimeSpan.FromHours(20)).Opened(AlertKind.DeviceOffline)).Cause);
    }

    [Fact]
    public void A_level_of_which_nothing_was_heard_for_a_week_explains_no_silence()
    {
        var device = new WatchedDevice(new DetectionPolicy { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) });
        device.Report(300, TimeSpan.FromHours(1), _ => new() { BatteryVoltage = 3.3 }).Report(3, TimeSpan.FromHours(1), _ => new() { BatteryVoltage = 2.79 });
        device.Report(200, TimeSpan.FromHours(1), _ => new()).Wait(TimeSpan.FromHours(20));
        Assert.Equal("unknown", Assert.Single(device.Opened(AlertKind.DeviceOffline)).Cause);
    }

    [Fact]
    public void A_new_interval_is_taken_over_after_eight_that_agree()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1)).Report(10, TimeSpan.FromMinutes(30));
        Assert.InRange(device.Health.Interval!.Value.TotalMinutes, 29, 31);
        Assert.InRange(device.Report(10, TimeSpan.FromMinutes(1)).Health.Interval!.Value.TotalMinutes, 0.9, 1.1);
    }

    [Fact]
    public void Being_gone_again_and_again_is_no_slower_rhythm()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 40; i++)
        {
            device.Report(3, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(40));
            device.Sequence += 40;
        }
        Assert.InRange(device.Report(3, TimeSpan.FromMinutes(1)).Health.Interval!.Value.TotalMinutes, 0.9, 1.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    public void A_device_that_begins_to_report_each_minute_is_believed_whatever_its_interval_was(int hours)
    {
        var device = new WatchedDevice().Report(300, TimeSpan.FromHours(hours)).Report(80, TimeSpan.FromMinutes(1));
        Assert.InRange(device.Health.Interval!.Value.TotalMinutes, 0.9, 1.1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_device_kept_in_a_silence_and_sends_at_once_is_no_faster_rhythm(bool isHeld)
    {
        var device = new WatchedDevice().Report(1000, TimeSpan.FromMinutes(5)).Wait(TimeSpan.FromHours(10));
        if (isHeld)
            device.State.Silence.HeldSince = device.Now.AddMinutes(10).ToUnixTimeMilliseconds();
        device.Report(120, TimeSpan.FromSeconds(1)).Report(30, TimeSpan.FromMinutes(5));
        Assert.Single(device.Opened(AlertKind.DeviceOffline));
        Assert.InRange(device.Health.Interval!.Value.TotalMinutes, 4.9, 5.1);
    }

    [Fact]
    public void A_message_sent_twice_is_no_interval()
    {
        var device = new WatchedDevice();
        for (var i = 1; i <= 300; i++)
            device.Wait(TimeSpan.FromMinutes(9)).Hear(new() { Sequence = i }).Wait(TimeSpan.FromMinutes(1)).Hear(new() { Sequence = i });
        Assert.InRange(device.Health.Interval!.Value.TotalMinutes, 8.5, 9.5);
    }
}
