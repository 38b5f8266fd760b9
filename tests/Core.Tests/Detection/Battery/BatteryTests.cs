using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Battery;

public sealed class BatteryTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly DetectionPolicy Volts = new() { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) };

    [Fact]
    public void Low_and_critical_are_told_once_each_and_cleared_by_a_new_battery()
    {
        var device = Discharge(Volts, 3.4, 2.7, 700).Report(30, Hour, _ => new() { BatteryVoltage = 3.4 });
        Assert.Equal([AlertKind.BatteryLow, AlertKind.BatteryCritical], device.Signals.Where(s => s.Change == AlertChange.Opened && s.Severity != Severity.Information).Select(s => s.Kind));
        Assert.Equal(2, device.Signals.Count(s => s.Change == AlertChange.Cleared && s.Kind != AlertKind.BatteryReplaced));
        Assert.Single(device.Opened(AlertKind.BatteryReplaced));
        Assert.Equal(BatteryCondition.Normal, device.Health.Battery.Condition);
    }

    [Fact]
    public void A_new_cell_ends_low_however_near_its_full_voltage_is_to_it()
    {
        var thionyl = new DetectionPolicy { Battery = new(LowVoltage: 3.55, CriticalVoltage: 3.3) };
        var device = new WatchedDevice(thionyl).Report(1000, Hour, i => new() { BatteryVoltage = 3.65 - Math.Max(0, i - 800) * 0.003 });
        Assert.Equal(2, device.Report(48, Hour, i => new() { BatteryVoltage = 3.65 + 0.002 * Math.Sin(i) }).Signals.Count(s => s.Change == AlertChange.Cleared && s.Kind is (AlertKind.BatteryLow or AlertKind.BatteryCritical)));
        Assert.Equal(BatteryCondition.Normal, device.Health.Battery.Condition);
    }

    [Fact]
    public void A_level_that_wavers_around_the_threshold_is_told_once() =>
        Assert.Single(new WatchedDevice(Volts).Report(2300, Hour, i => new() { BatteryVoltage = 3.2 - i * 0.0001 + 0.05 * Math.Sin(i) }).Of(AlertKind.BatteryLow));

    [Fact]
    public void A_sag_under_load_and_one_in_the_cold_are_no_alarm()
    {
        Assert.Empty(new WatchedDevice(Volts).Report(500, Hour, i => new() { BatteryVoltage = i % 4 == 0 ? 2.6 : 3.3 }).Of(AlertKind.BatteryLow));
        var cold = new WatchedDevice(Volts).Report(500, Hour, _ => new() { BatteryVoltage = 3.3, TemperatureCelsius = 15 });
        Assert.Empty(cold.Report(12, Hour, _ => new() { BatteryVoltage = 2.9, TemperatureCelsius = -12 }).Signals);
    }

    [Fact]
    public void A_steady_fall_is_told_before_the_median_follows()
    {
        var device = new WatchedDevice(Volts).Report(50, Hour, _ => new() { BatteryVoltage = 3.5 }).Report(10, Hour, i => new() { BatteryVoltage = 3.45 - 0.05 * i });
        Assert.Equal(device.Now, device.Opened(AlertKind.BatteryLow).Single().At);
    }

    [Fact]
    public void A_buffered_reading_of_two_days_ago_raises_nothing()
    {
        var device = new WatchedDevice(Volts);
        device.Report(50, Hour, _ => new() { BatteryVoltage = 3.4, Time = device.Now });
        device.Wait(TimeSpan.FromDays(3));
        for (var i = 0; i < 20; i++)
            device.Hear(new() { BatteryVoltage = 2.5, Time = device.Now.AddDays(-2).AddHours(i) });
        Assert.Empty(device.Of(AlertKind.BatteryLow));
    }

    [Fact]
    public void Nothing_is_low_while_it_is_charged() =>
        Assert.Empty(new WatchedDevice().Report(50, Hour, i => new() { BatteryPercent = 5 + i, Charging = true }).Signals);

    [Fact]
    public void Without_thresholds_a_reported_charge_has_safe_ones() =>
        Assert.Equal([AlertKind.BatteryLow, AlertKind.BatteryCritical], new WatchedDevice().Report(100, Hour, i => new() { BatteryPercent = 100 - i }).Signals.Where(s => s.Change == AlertChange.Opened).Select(s => s.Kind));

    [Fact]
    public void A_stuck_gauge_is_seen_and_the_voltage_speaks_for_it()
    {
        var device = new WatchedDevice(new() { Battery = new("li-ion") }).Report(400, Hour, i => new() { BatteryPercent = 80, BatteryVoltage = 4.0 - i * 0.001 });
        Assert.True(device.Health.Battery.GaugeStuck);
        Assert.InRange(device.Health.Battery.Percent!.Value, 0, 20);
        Assert.NotEmpty(device.Opened(AlertKind.BatteryLow));
    }

    [Theory]
    [InlineData("li-ion", 4.15, 3.75)]
    [InlineData("alkaline", 3.1, 2.5)]
    public void A_chemistry_without_thresholds_in_volts_has_a_date_and_its_interval(string chemistry, double full, double volts)
    {
        var (policy, state) = (new DetectionPolicy { Battery = new(chemistry) }, default(DetectionState));
        for (var i = 0; i < 400; i++)
            Detectors.Observe(policy, ref state, new() { BatteryVoltage = full + (volts - full) * i / 400 }, WatchedDevice.Start.AddHours(i), []);
        var (low, critical, empty) = BatteryForecast.Of(policy, in state);
        Assert.All(new[] { low, critical, empty }, f => Assert.True(f?.Earliest <= f?.ExpectedAt && f?.ExpectedAt <= f?.Latest, $"{f}"));
    }

    [Theory]
    [InlineData("li-ion")]
    [InlineData("lifepo4")]
    [InlineData("alkaline")]
    [InlineData("li-socl2")]
    [InlineData("cr")]
    public void The_voltage_of_a_charge_has_that_charge(string chemistry)
    {
        for (var percent = 0; percent <= 100; percent += 5)
            Assert.Equal(percent, DischargeCurve.Percent(chemistry, DischargeCurve.Volts(chemistry, percent, 2)!.Value, 2)!.Value, 4);
    }

    [Theory]
    [InlineData("li-ion", 4.2, 3.0)]
    [InlineData("lifepo4", 3.6, 2.5)]
    [InlineData("alkaline", 1.6, 0.8)]
    [InlineData("li-socl2", 3.67, 2.0)]
    [InlineData("cr", 3.1, 2.0)]
    public void A_curve_rises_from_empty_to_full(string chemistry, double full, double empty)
    {
        Assert.Equal(100, DischargeCurve.Percent(chemistry, full, 1)!.Value, 3);
        Assert.Equal(0, DischargeCurve.Percent(chemistry, empty, 1));
        var course = Enumerable.Range(0, 101).Select(i => DischargeCurve.Percent(chemistry, empty + (full - empty) * i / 100, 1)!.Value).ToArray();
        Assert.Equal(course.Order(), course);
        Assert.Equal(2, DischargeCurve.Cells(chemistry, 2 * full));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void The_forecast_of_an_even_discharge_is_right_and_its_interval_holds_the_date(double share)
    {
        var device = new WatchedDevice(new() { Battery = new(LowPercent: 20) }).Report((int)(800 * share), Hour, i => new() { BatteryPercent = 100 - i * 0.1 });
        var low = device.Health.Battery.Low!;
        var truth = WatchedDevice.Start.AddHours(800);
        Assert.InRange((low.ExpectedAt!.Value - truth).TotalHours, -800 * (1 - share) * 0.2 - 10, 800 * (1 - share) * 0.2 + 10);
        Assert.True(low.Earliest < truth && truth < low.Latest);
    }

    [Fact]
    public void A_battery_that_does_not_drain_has_no_date() =>
        Assert.Null(new WatchedDevice(Volts).Report(500, Hour, i => new() { BatteryVoltage = 3.6 + 0.01 * Math.Sin(i) }).Health.Battery.Low?.ExpectedAt);

    [Fact]
    public void What_rose_again_with_the_season_has_no_date_while_it_stands_but_the_earliest_one_by_how_fast_it_fell()
    {
        double Season(int day) => 12.9 + 0.5 * Math.Cos(day / 365.0 * Math.Tau);
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 12.2) }).Report(565 * 4, TimeSpan.FromHours(6), i => new() { BatteryVoltage = Season(i / 4) });
        var low = device.Health.Battery.Low!;
        Assert.Equal((null, null), (low.ExpectedAt, low.Latest));
        Assert.InRange(low.Earliest ?? DateTimeOffset.MaxValue, device.Now, device.Now.AddDays(400));
    }

    [Fact]
    public void A_level_that_is_not_reached_has_no_date_in_the_past()
    {
        var device = new WatchedDevice(Volts);
        for (var i = 0; i < 700; i++)
        {
            var battery = device.Report(1, Hour, _ => new() { BatteryVoltage = 3.5 - Math.Pow(i / 700.0, 4) * 0.5 + 0.003 * Math.Sin(i * i) }).Health.Battery;
            Assert.All(new[] { battery.Low?.Earliest, battery.Low?.ExpectedAt, battery.Critical?.Earliest }, at => Assert.False(at < device.Now));
        }
    }

    [Fact]
    public void A_battery_that_will_not_last_until_its_service_is_told_early()
    {
        var device = new WatchedDevice(new() { ServiceInterval = TimeSpan.FromDays(365), Battery = new(LowPercent: 10) }).Report(400, Hour, i => new() { BatteryPercent = 100 - i * 0.1 });
        Assert.Single(device.Opened(AlertKind.BatteryForecast));
        Assert.Empty(new WatchedDevice(new() { ServiceInterval = TimeSpan.FromDays(20), Battery = new(LowPercent: 10) }).Report(400, Hour, i => new() { BatteryPercent = 100 - i * 0.1 }).Opened(AlertKind.BatteryForecast));
    }

    [Fact]
    public void A_drain_five_times_the_usual_is_told()
    {
        var device = new WatchedDevice().Report(1000, Hour, i => new() { BatteryPercent = 100 - i * 0.01 }).Report(500, Hour, i => new() { BatteryPercent = 90 - i * 0.08 });
        Assert.Single(device.Opened(AlertKind.BatteryDrain));
        Assert.Empty(new WatchedDevice().Report(1500, Hour, i => new() { BatteryPercent = 100 - i * 0.04 }).Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void A_fall_of_a_tenth_within_a_few_readings_is_told_at_once_and_a_slow_one_is_not()
    {
        var device = new WatchedDevice(Volts).Report(2000, Hour, _ => new() { BatteryVoltage = 3.6 }).Report(24, Hour, i => new() { BatteryVoltage = Math.Max(3.2, 3.6 - 0.05 * i) });
        Assert.Single(device.Opened(AlertKind.BatteryDrain));
        Assert.Empty(new WatchedDevice(Volts).Report(2000, Hour, i => new() { BatteryVoltage = 3.6 - 0.0002 * i }).Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void A_new_battery_is_noted_within_a_day_and_a_warm_afternoon_is_not_one()
    {
        var device = new WatchedDevice(Volts).Report(500, Hour, i => new() { BatteryVoltage = 3.2 + 0.08 * Math.Sin(i / 24.0 * Math.Tau) });
        Assert.Empty(device.Of(AlertKind.BatteryReplaced));
        Assert.Single(device.Report(24, Hour, _ => new() { BatteryVoltage = 3.6 }).Opened(AlertKind.BatteryReplaced));
    }

    [Fact]
    public void A_battery_that_loses_in_days_what_it_should_in_months_is_told_with_the_time_since_when()
    {
        double Level(int i) => (i < 2400 ? 4.0 - i * 0.00004 : 3.904 - (i - 2400) * 0.005) + 0.004 * Math.Sin(i);
        var told = new WatchedDevice(Volts).Report(2500, Hour, i => new() { BatteryVoltage = Level(i) }).Opened(AlertKind.BatteryDrain).Single();
        Assert.InRange(told.At, WatchedDevice.Start.AddHours(2400), WatchedDevice.Start.AddHours(2400 + 72));
        Assert.InRange(DateTimeOffset.Parse((string)told.Evidence["since"], null), WatchedDevice.Start.AddHours(2400), told.At);
    }

    [Theory]
    [InlineData(4.0, 0.10, 4)]
    [InlineData(4.0, 0.10, 8)]
    [InlineData(4.7, 0.02, 6)]
    [InlineData(3.6, 0.08, 6)]
    public void A_charge_lost_in_days_is_told_before_it_is_low_though_nights_are_cold(double volts, double night, int days)
    {
        var policy = new DetectionPolicy { Battery = new(LowVoltage: 0.8 * volts, CriticalVoltage: 0.75 * volts) };
        double Level(int i) => volts - (i < 2400 ? i * 0.00001 * volts : volts * (0.024 + 0.176 * (i - 2400) / (24 * days))) + night / 2 * Math.Sin(i / 24.0 * Math.Tau) + 0.003 * Math.Sin(i * i);
        var device = new WatchedDevice(policy).Report(2400 + 24 * days, Hour, i => new() { BatteryVoltage = Level(i) });
        var told = device.Opened(AlertKind.BatteryDrain).Single();
        Assert.InRange(told.At, WatchedDevice.Start.AddHours(2400), device.Opened(AlertKind.BatteryLow).FirstOrDefault()?.At ?? device.Now);
        Assert.InRange(DateTimeOffset.Parse((string)told.Evidence["since"], null), WatchedDevice.Start.AddHours(2400), told.At);
    }

    [Theory]
    [InlineData(3.16, 2.25, 4)]
    [InlineData(3.16, 2.25, 8)]
    [InlineData(4.1, 3.6, 6)]
    [InlineData(5.2, 4.8, 5)]
    public void A_charge_lost_in_days_is_told_with_low_at_the_latest_though_it_reports_every_six_hours(double full, double low, int days)
    {
        var policy = new DetectionPolicy { Battery = new(LowVoltage: low, CriticalVoltage: 0.93 * low) };
        // Four months take a quarter of the way, then days take the rest.
        double Level(int i) => full - (full - low) * (i < 480 ? 0.25 * i / 480 : 0.25 + 0.75 * (i - 480) / (4.0 * days)) + full * (0.006 * Math.Sin(i / 4.0 * Math.Tau) + 0.002 * Math.Sin(i * i));
        var device = new WatchedDevice(policy).Report(480 + 4 * days, TimeSpan.FromHours(6), i => new() { BatteryVoltage = Level(i) });
        var told = device.Opened(AlertKind.BatteryDrain).Single();
        Assert.InRange(told.At, WatchedDevice.Start.AddDays(120), WatchedDevice.Start.AddDays(123));
        Assert.InRange(told.At, WatchedDevice.Start.AddDays(120), device.Opened(AlertKind.BatteryLow).FirstOrDefault()?.At ?? device.Now);
        Assert.InRange(DateTimeOffset.Parse((string)told.Evidence["since"], null), WatchedDevice.Start.AddDays(119), told.At);
    }

    [Fact]
    public void A_charge_lost_in_days_is_told_with_the_time_since_when_though_it_was_low_first()
    {
        var policy = new DetectionPolicy { Battery = new(LowVoltage: 2.25, CriticalVoltage: 1.6) };
        // A hundred days take four fifths of the way; the rest goes within a day.
        double Level(int i) => 3.16 - (i < 2400 ? 0.73 * i / 2400 : 0.73 + 0.2 * (i - 2400) / 24) + 0.003 * Math.Sin(i * i);
        var device = new WatchedDevice(policy).Report(2400 + 72, Hour, i => new() { BatteryVoltage = Level(i) });
        var told = device.Opened(AlertKind.BatteryDrain).Single();
        Assert.InRange(told.At, device.Opened(AlertKind.BatteryLow).Single().At, WatchedDevice.Start.AddHours(2400 + 60));
        Assert.InRange(DateTimeOffset.Parse((string)told.Evidence["since"], null), WatchedDevice.Start.AddHours(2388), told.At);
    }

    [Theory]
    [InlineData(28, 0)]
    [InlineData(40, 1)]
    public void A_battery_is_not_told_critical_by_what_the_one_before_read(int readingsBelow, int told)
    {
        var device = new WatchedDevice(Volts).Report(1000, Hour, _ => new() { BatteryVoltage = 3.6 }).Report(readingsBelow, Hour, _ => new() { BatteryVoltage = 2.7 }).Report(48, Hour, _ => new() { BatteryVoltage = 3.6 });
        Assert.Equal(told, device.Opened(AlertKind.BatteryCritical).Count());
    }

    [Fact]
    public void What_hardly_lost_anything_for_months_does_not_drain_when_it_comes_down_in_weeks()
    {
        var device = new WatchedDevice(Volts).Report(24 * 130, Hour, i => new() { BatteryVoltage = 4.2 - 0.0003 / 24 * i - 0.01 / 24 * Math.Max(0, i - 24 * 95) });
        Assert.Empty(device.Of(AlertKind.BatteryDrain));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(24)]
    [InlineData(40)]
    public void A_cold_front_is_no_drain_where_a_device_reports_every_six_hours(int hoursToCome)
    {
        double Front(int i) => Math.Clamp((6 * (i - 400) - 3) / (double)hoursToCome, 0, 1) - Math.Clamp((6 * (i - 430) - 3) / (double)hoursToCome, 0, 1);
        var device = new WatchedDevice(Volts).Report(600, TimeSpan.FromHours(6), i => new() { BatteryVoltage = 3.5 - 0.0003 * i - 0.06 * Front(i) + 0.02 * Math.Sin(i / 4.0 * Math.Tau) });
        Assert.Empty(device.Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void A_cold_front_of_days_is_no_drain()
    {
        double Front(int i) => i is >= 2400 and < 2520 ? 0.2 * Math.Min(1, (i - 2400) / 10.0) : 0;
        var device = new WatchedDevice(Volts).Report(3000, Hour, i => new() { BatteryVoltage = 3.6 - 0.00004 * i - Front(i) + 0.04 * Math.Sin(i / 24.0 * Math.Tau) });
        Assert.Empty(device.Of(AlertKind.BatteryDrain));
    }

    [Fact]
    public void Winters_that_ended_low_teach_the_next_one_its_date()
    {
        // The sun keeps it full for nine months; then it comes down to low within 75 days.
        static double Year(int hour) => hour % 8760 < 6570 ? 13.1 : Math.Max(12.1, 13.0 - 0.7 * (hour % 8760 - 6570) / 1800);
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 12.3, CriticalVoltage: 12) });
        device.Report(2 * 8760 + 6570 + 900, Hour, i => new() { BatteryVoltage = Year(i) + 0.01 * Math.Sin(i * i) });
        var low = device.Health.Battery.Low!;
        var truth = WatchedDevice.Start.AddHours(2 * 8760 + 6570 + 1800);
        Assert.InRange((low.ExpectedAt!.Value - truth).TotalDays, -8, 8);
        Assert.True(low.Earliest < truth && truth < low.Latest);
    }

    [Fact]
    public void A_dip_that_comes_each_night_is_not_low_and_the_day_on_which_no_peak_leaves_it_is()
    {
        static double Day(int i) => 0.12 * Math.Sin(i / 24.0 * Math.Tau);
        var device = new WatchedDevice(Volts).Report(20 * 24, Hour, i => new() { BatteryVoltage = (i < 96 ? 3.2 : 3.08) + Day(i) });
        Assert.Empty(device.Of(AlertKind.BatteryLow));
        device.Report(60 * 24, Hour, i => new() { BatteryVoltage = 3.08 - i * 0.0001 + Day(i) });
        Assert.InRange(device.Opened(AlertKind.BatteryLow).Single().At, WatchedDevice.Start.AddHours((20 * 24) + 650), WatchedDevice.Start.AddHours((20 * 24) + 900));
    }

    [Fact]
    public void A_sag_of_a_nearly_full_battery_on_a_cold_morning_is_not_low() =>
        Assert.Empty(new WatchedDevice(Volts).Report(1500, Hour, i => new() { BatteryVoltage = i is >= 1000 and < 1010 ? 2.9 - 0.01 * (i - 1000) : 3.5 - 0.0001 * i }).Of(AlertKind.BatteryLow));

    [Theory]
    [InlineData(10, 0)]
    [InlineData(17, 1)]
    public void However_old_a_battery_is_half_a_day_below_is_low_and_a_night_is_not(int hours, int told)
    {
        static double Noise(int i) => 0.06 * Math.Sin(i * i);
        var device = new WatchedDevice(Volts).Report(5000, Hour, i => new() { BatteryVoltage = 3.5 - Math.Min(i, 1500) * 0.4 / 1500 + Noise(i) }).Report(hours, Hour, i => new() { BatteryVoltage = 2.94 + Noise(i) });
        Assert.Equal(told, device.Report(100, Hour, i => new() { BatteryVoltage = 3.1 + Noise(i) }).Opened(AlertKind.BatteryLow).Count());
    }

    [Fact]
    public void A_half_empty_battery_changed_for_a_full_one_is_told_though_it_happened_in_a_silence()
    {
        var device = new WatchedDevice(Volts).Report(1000, Hour, i => new() { BatteryVoltage = 3.4 - 0.0001 * i + 0.01 * Math.Sin(i) }).Wait(TimeSpan.FromDays(4));
        Assert.Single(device.Report(48, Hour, i => new() { BatteryVoltage = 3.52 + 0.01 * Math.Sin(i) }).Opened(AlertKind.BatteryReplaced));
    }

    [Fact]
    public void A_battery_that_came_down_its_knee_is_told_when_it_is_changed_though_it_reports_every_six_hours()
    {
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 4.7, CriticalVoltage: 4.4) });
        device.Report(200, TimeSpan.FromHours(6), i => new() { BatteryVoltage = 5.4 - 0.002 * i - 0.1 * Math.Max(0, i - 188) });
        Assert.Single(device.Report(12, TimeSpan.FromHours(6), i => new() { BatteryVoltage = 5.45 - 0.002 * i }).Opened(AlertKind.BatteryReplaced));
    }

    [Fact]
    public void A_level_that_is_no_longer_reported_is_not_claimed_for_ever()
    {
        var device = Discharge(Volts, 3.4, 2.9, 700);
        Assert.Equal(BatteryCondition.Low, device.Health.Battery.Condition);
        Assert.Equal(AlertChange.Cleared, device.Report(24 * 8, Hour, _ => new() { Rssi = -70 }).Of(AlertKind.BatteryLow).Last().Change);
        Assert.Equal(BatteryCondition.Unknown, device.Health.Battery.Condition);
    }

    [Fact]
    public void What_the_sun_charges_is_never_replaced_and_drains_by_weather()
    {
        double Sun(int i) => 12.9 + 0.5 * Math.Sin(i / 24.0 * Math.Tau) + 0.6 * Math.Sin(i / 240.0 * Math.Tau);
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 11) }).Report(5000, Hour, i => new() { BatteryVoltage = Sun(i) });
        Assert.DoesNotContain(device.Signals, s => s.Kind is AlertKind.BatteryReplaced or AlertKind.BatteryDrain or AlertKind.BatteryLow);
    }

    [Fact]
    public void A_device_is_compared_with_its_peers_only_where_there_are_enough()
    {
        var peers = PeerDrain.Of([1.0, 1.1, 0.9, 1.0, 1.2]);
        Assert.True(peers.IsExceededBy(3, 0.1, 2));
        Assert.False(peers.IsExceededBy(1.3, 0.1, 2));
        Assert.False(peers.IsExceededBy(3, 2, 2));
        Assert.False(PeerDrain.Of([1.0, 1.1]).IsExceededBy(3, 0.1, 2));
    }

    private static WatchedDevice Discharge(DetectionPolicy policy, double from, double to, int steps) =>
        new WatchedDevice(policy).Report(steps, Hour, i => new() { BatteryVoltage = from + (to - from) * i / steps });
}
