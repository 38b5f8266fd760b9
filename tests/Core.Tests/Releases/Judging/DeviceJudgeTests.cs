using Core.Tests.Detection;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;

namespace Core.Tests.Releases.Judging;

public sealed class DeviceJudgeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TrackRollout _rules = new();
    private readonly WatchedDevice _device = new();
    private ReportedState? _report;
    private DateTimeOffset? _observedAt;
    private DateTimeOffset _toldAt;
    private Baseline _baseline = new(default, null, null);

    [Theory]
    [InlineData("index")]
    [InlineData("part")]
    public void Success_is_telemetry_naming_the_image_and_going_on_for_the_soak(string named)
    {
        Told(Minute);
        Assert.Equal(FindingKind.Pending, Look().Kind);
        Names(named, 1, Minute);
        Assert.Equal((FindingKind.Observed, _device.Now), (Look().Kind, Look().Since));
        Names(named, 29, Minute);
        Assert.Equal(FindingKind.Observed, Look().Kind);
        Names(named, 1, Minute);
        Assert.Equal(FindingKind.Soaked, Look().Kind);
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    public void A_time_at_the_end_of_all_times_is_judged_like_any_other(string until)
    {
        foreach (var state in Enum.GetValues<UpdateState>())
        {
            Told(Minute);
            _report = new() { Release = "sensor-1", State = state, At = _device.Now, Until = DateTimeOffset.Parse(until, null) };
            Names("old", 2, Minute);
            Look();
            var kept = _report.Received(_device.Now);
            Assert.True(kept.Until - kept.At <= TimeSpan.FromDays(30));
        }
    }

    [Fact]
    public void A_device_that_reports_hourly_soaks_for_its_own_heartbeats()
    {
        Told(Hour);
        Names("index", 3, Hour);
        Assert.Equal(FindingKind.Observed, Look().Kind);
        Names("index", 1, Hour);
        Assert.Equal(FindingKind.Soaked, Look().Kind);
    }

    [Fact]
    public void What_a_device_declares_is_no_success_and_found_out_after_three_of_its_reports()
    {
        Told(Minute);
        Says(UpdateState.Installed);
        Names("old", 2, Minute);
        Assert.Equal(FindingKind.Pending, Look().Kind);
        Names("old", 1, Minute);
        Assert.Equal((FindingKind.Failed, "mismatch"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_declared_success_is_given_three_reports_also_where_they_are_hours_apart()
    {
        Told(Hour);
        Says(UpdateState.Installed);
        Names("old", 2, Hour);
        Assert.Equal(FindingKind.Pending, Look().Kind);
        Names("old", 1, Hour);
        Assert.Equal("mismatch", Look().Code);
    }

    [Theory]
    [InlineData(10, FindingKind.Failed)]
    [InlineData(120, FindingKind.Pending)]
    public void A_declared_success_is_given_the_tracks_time_also_where_reports_are_seconds_apart(int seconds, FindingKind found)
    {
        var often = TimeSpan.FromSeconds(2);
        Told(often);
        Says(UpdateState.Installed);
        Names("old", 10, often);
        Assert.Equal(found, Look(new() { MismatchAfter = TimeSpan.FromSeconds(seconds) }).Kind);
    }

    [Fact]
    public void Silent_after_the_switch_is_failure()
    {
        Told(Minute);
        Names("index", 5, Minute);
        _device.Wait(2 * Hour);
        Assert.Equal((FindingKind.Failed, "silent"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void It_is_no_failure_while_its_group_may_still_say_that_others_fell_silent_as_well()
    {
        Names("old", 2000, Minute);
        Told(Minute);
        Names("index", 5, Minute);
        while (_device.State.Status != ConnectivityStatus.Offline)
            _device.Wait(Minute / 6);
        Assert.Equal((FindingKind.Pending, null), (Look().Kind, Look().Code));
        var alone = _device.State;
        Detectors.Attach(ref _device.State, "site", _device.Now, _device.Signals);
        Assert.Equal((FindingKind.Lost, "outage"), (Look().Kind, Look().Code));
        _device.State = alone;
        _device.Wait(3 * Minute);
        Assert.Equal((FindingKind.Failed, "silent"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void Silent_before_it_began_is_neither_success_nor_failure()
    {
        Told(Minute);
        _device.Wait(2 * Hour);
        Assert.Equal((FindingKind.Pending, "offline"), (Look().Kind, Look().Code));
        _device.Wait(TimeSpan.FromDays(2));
        Assert.Equal((FindingKind.Lost, "offline"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void Silent_with_its_group_it_leaves_the_denominator()
    {
        Told(Minute);
        Names("index", 5, Minute);
        _device.Wait(2 * Hour);
        Detectors.Attach(ref _device.State, "site", _device.Now, _device.Signals);
        Assert.Equal((FindingKind.Lost, "outage"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_battery_foretold_to_be_empty_before_it_was_told_is_not_the_images_fault()
    {
        Told(Minute);
        _baseline = _baseline with { EmptyEarliest = _device.Now.AddMinutes(10) };
        Names("index", 5, Minute);
        _device.Wait(2 * Hour);
        Assert.Equal((FindingKind.Lost, "battery"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_device_that_restarts_over_and_over_fails_and_the_restart_of_the_switch_does_not_count()
    {
        Told(Minute);
        _device.Report(4, Minute, i => new() { Digest = "index", Sequence = i + 1 });
        for (var restart = 0; restart < 3; restart++)
        {
            _device.Report(4, Minute, i => new() { Digest = "index", Sequence = i + 1 });
            Assert.Equal(FindingKind.Observed, Look().Kind);
        }
        _device.Report(4, Minute, i => new() { Digest = "index", Sequence = i + 1 });
        Assert.Equal((FindingKind.Failed, "restarts"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_device_that_ran_the_image_and_went_back_fails()
    {
        Told(Minute);
        Names("index", 2, Minute);
        _observedAt = _device.Now;
        Names("old", 1, Minute);
        Assert.Equal((FindingKind.Failed, "returned"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_device_that_reports_and_does_not_get_on_times_out_by_its_own_rhythm()
    {
        Told(Hour);
        Says(UpdateState.Installing);
        Names("old", 19, Hour);
        Assert.Equal(FindingKind.Pending, Look().Kind);
        Names("old", 2, Hour);
        Assert.Equal((FindingKind.Failed, "timeout"), (Look().Kind, Look().Code));
    }

    [Fact]
    public void A_device_is_looked_at_again_within_a_second_and_an_hour()
    {
        foreach (var interval in new[] { TimeSpan.FromMilliseconds(100), Minute, TimeSpan.FromDays(2) })
        {
            Told(interval);
            Assert.InRange(Look().LookAgainAt - _device.Now, TimeSpan.FromSeconds(1), Hour);
        }
    }

    [Fact]
    public void A_device_never_heard_waits() => Assert.Equal(FindingKind.Pending, DeviceJudge.Look(new("index", "part", WatchedDevice.Start, _baseline, null, null, 0), null, _rules, WatchedDevice.Start.AddDays(9)).Kind);

    private void Told(TimeSpan interval)
    {
        Names("old", 70, interval);
        (_toldAt, _report) = (_device.Now, null);
    }

    private void Says(UpdateState state) => _report = new() { Release = "sensor-1", State = state, At = _device.Now };

    private void Names(string digest, int times, TimeSpan interval) =>
        _device.Report(times, interval, _ => new Reading { Track = "sensor", Digest = digest, Sequence = ++_device.Sequence });

    private DeviceFinding Look(TrackRollout? rules = null) => DeviceJudge.Look(
        new("index", "part", _toldAt, _baseline, _report, _observedAt, 0), Sighting.Of(_device.Policy, in _device.State, "sensor", _device.Now), rules ?? _rules, _device.Now);
}
