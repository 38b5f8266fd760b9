using System.Globalization;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Battery;

/// <summary>A fall that the rate of reporting or the cold explains is no <c>battery.drain</c>, and what exceeds it is.</summary>
public sealed class DrainExplainedTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly DetectionPolicy Percent = new() { Battery = new(LowPercent: 20, CriticalPercent: 10) };

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public void A_device_that_reports_so_many_times_as_often_drains_so_many_times_as_fast_which_is_no_drain(int oftener)
    {
        var device = new WatchedDevice(Percent).Report(1500, Hour, i => new() { BatteryPercent = 100 - 0.02 * i });
        device.Report(1200, Hour / oftener, i => new() { BatteryPercent = 70 - 0.02 * i });
        Assert.Empty(device.Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void What_loses_more_than_its_rate_explains_is_told_with_the_time_since_when_it_reports_so_often()
    {
        var device = new WatchedDevice(Percent).Report(2000, Hour, i => new() { BatteryPercent = 100 - 0.01 * i });
        var rise = device.Now;
        device.Report(720, Hour / 3, i => new() { BatteryPercent = 80 - 0.01 * i }).Report(216, Hour / 3, i => new() { BatteryPercent = 73 - 0.15 * i });
        var told = device.Opened(AlertKind.BatteryDrain).Single();
        Assert.InRange(DateTimeOffset.Parse((string)told.Evidence["reportsOftenerSince"], CultureInfo.InvariantCulture), rise.AddDays(-1), rise.AddDays(2));
        Assert.InRange((double)told.Evidence["reportsEverySeconds"], 1000, 1400);
        Assert.InRange((double)told.Evidence["reportedEverySeconds"], 3400, 3800);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(15)]
    public void A_device_that_reports_less_often_and_drains_as_fast_as_before_drains_no_more(int rarer)
    {
        var device = new WatchedDevice(Percent).Report(1500, Hour, i => new() { BatteryPercent = 100 - 0.02 * i });
        Assert.Empty(device.Report(1500 / rarer, rarer * Hour, i => new() { BatteryPercent = 70 - 0.02 * rarer * i }).Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void A_device_that_reports_sixty_times_less_often_is_still_told_low()
    {
        var device = new WatchedDevice(Percent).Report(3000, Hour / 60, _ => new() { BatteryPercent = 60 });
        Assert.Single(device.Report(100, Hour, i => new() { BatteryPercent = 60 - 0.5 * i }).Opened(AlertKind.BatteryLow));
    }

    [Fact]
    public void The_forecast_follows_a_higher_rate_within_days()
    {
        var device = new WatchedDevice(Percent).Report(1500, Hour, i => new() { BatteryPercent = 100 - 0.02 * i }).Report(24 * 4 * 5, Hour / 4, i => new() { BatteryPercent = 70 - 0.02 * i });
        // 0.08 points an hour from 60.4 to 20.
        Assert.InRange((device.Health.Battery.Low!.ExpectedAt!.Value - device.Now).TotalHours, 0.7 * 505, 1.3 * 505);
    }

    [Fact]
    public void A_device_that_reports_more_often_than_its_peers_may_drain_as_many_times_as_fast()
    {
        var device = new WatchedDevice(Percent).Report(2000, Hour / 6, i => new() { BatteryPercent = 100 - 0.02 * i });
        // 2.88 points a day, six times as much as its peers.
        Detectors.CompareWithPeers(Percent, ref device.State, new(6, 0.48, 0.01, 3600), device.Now, device.Signals);
        Assert.Empty(device.Of(AlertKind.BatteryDrain));
        Detectors.CompareWithPeers(Percent, ref device.State, new(6, 0.48, 0.01, 600), device.Now, device.Signals);
        Assert.Single(device.Opened(AlertKind.BatteryDrain));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_cold_front_that_comes_over_days_is_no_drain_where_the_device_tells_how_cold_it_is(bool hasThermometer, int told)
    {
        // Eighteen degrees within three days, five millivolts each.
        static double Colder(int i) => 18 * Math.Clamp((i - 2400) / 72.0, 0, 1);
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 3.2, CriticalVoltage: 3) })
            .Report(3000, Hour, i => new() { BatteryVoltage = 3.6 - 0.00002 * i - 0.005 * Colder(i) + 0.002 * Math.Sin(i * i), TemperatureCelsius = hasThermometer ? 16 - Colder(i) : null });
        Assert.Equal(told, device.Opened(AlertKind.BatteryDrain).Count());
    }

    [Theory]
    [InlineData(12)]
    [InlineData(-6)]
    public void A_charge_lost_in_days_is_told_though_it_gets_warmer_or_a_little_colder(double warmer)
    {
        double Warmer(int i) => warmer * Math.Clamp((i - 2400) / 96.0, 0, 1);
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 2.9, CriticalVoltage: 2.7) })
            .Report(2400 + 96, Hour, i => new() { BatteryVoltage = 3.6 - 0.00002 * i - 0.0055 * Math.Max(0, i - 2400) + 0.004 * Warmer(i) + 0.002 * Math.Sin(i * i), TemperatureCelsius = 10 + Warmer(i) });
        Assert.InRange(device.Opened(AlertKind.BatteryDrain).Single().At, WatchedDevice.Start.AddHours(2400), WatchedDevice.Start.AddHours(2400 + 84));
    }

    [Fact]
    public void On_made_up_fleets_neither_rates_nor_fronts_are_taken_for_drains()
    {
        var (told, wrong) = (0, 0);
        foreach (var kind in MadeUpKind.Changing.Where(k => k.Name is "rates, gauge" or "rates, alkaline" or "rates, lithium" or "fronts, alkaline" or "fronts, lithium"))
        {
            var (policy, devices) = kind.Fleet(1, 4);
            foreach (var device in devices)
            {
                DetectionState state = default;
                var signals = new List<Signal>();
                foreach (var reading in device.Readings)
                    Detectors.Observe(policy, ref state, kind.Sent(in reading), reading.At, signals);
                foreach (var alert in signals.Where(s => s.Kind == AlertKind.BatteryDrain && s.Change == AlertChange.Opened))
                {
                    var isTrue = device.Happenings.LastOrDefault(h => h.At <= alert.At && h.What != Happening.ReportsAtAnotherRate).What == Happening.Drains;
                    (told, wrong) = isTrue ? (told + 1, wrong) : (told, wrong + 1);
                }
            }
        }
        Assert.True(told >= 5, $"{told} told");
        Assert.Equal(0, wrong);
    }
}
