using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Signals;

namespace Core.Tests.Releases.Rollout;

/// <summary>What operators decide while a rollout is under way, and what they are told.</summary>
public sealed class OperatorTests
{
    private static readonly Decision Anna = new("anna", "because", null);

    private readonly RolloutWorld _world = new(RolloutWorld.Quick with { Waves = [20, 60, 100], MaxFailurePercent = 10 });

    [Fact]
    public async Task A_stopped_rollout_that_is_resumed_stops_again_only_when_it_is_worse_than_it_was()
    {
        var release = await PushAsync();
        await FailAsync(release, _world.Told(release).Take(4));
        Assert.True(await _world.UntilAsync(() => _world.Of(release).State == RolloutState.Stopped, 10));
        await _world.Operate.ResumeAsync(release.Id, Anna, default);
        Assert.True(await _world.UntilAsync(() => _world.Of(release).Wave == 1, 60));
        await _world.LiveAsync(1);
        Assert.Equal((RolloutState.Running, 24), (_world.Of(release).State, _world.Told(release).Count()));

        await FailAsync(release, _world.Told(release));
        Assert.True(await _world.UntilAsync(() => _world.Of(release).State == RolloutState.Stopped, 10));
    }

    [Fact]
    public async Task While_it_is_paused_who_waits_for_its_turn_waits_for_an_operator_and_the_others_for_their_own_reasons()
    {
        _world.Silent.Add("device-0003");
        await _world.LiveAsync(60);
        var release = await PushAsync();
        await _world.Operate.PauseAsync(release.Id, Anna, default);
        await _world.LiveAsync(2);
        var waiting = _world.Of(release).Waiting();
        Assert.Equal(_world.Of(release).Counts.Of(UpdateStep.Waiting), waiting.Values.Sum());
        Assert.Equal(["paused"], waiting.Keys.Except([Because.Offline]));
        var shown = await _world.Progress.ListAsync((await _world.Stores.FindAsync(release.Id, default))!.Value, default).Where(d => d.State == "waiting").CountBy(d => d.Code ?? "").ToDictionaryAsync(c => c.Key, c => c.Value);
        Assert.Equal(waiting.Order(), shown.Order());
        await _world.Operate.ResumeAsync(release.Id, Anna, default);
        Assert.DoesNotContain(Because.Paused, _world.Of(release).Waiting().Keys);
    }

    [Fact]
    public async Task What_an_operator_wants_of_the_next_wave_happens_now_but_the_last_wave_has_none()
    {
        var release = await PushAsync();
        Assert.Equal(8, _world.Told(release).Count());
        await _world.Operate.NextWaveAsync(release.Id, Anna, default);
        await _world.LiveAsync(1);
        Assert.Equal((24, 8), (_world.Told(release).Count(), _world.Of(release).Counts.Of(UpdateStep.Observed)));
        await _world.Operate.NextWaveAsync(release.Id, Anna, default);
        await _world.LiveAsync(1);
        Assert.NotNull((await _world.Operate.NextWaveAsync(release.Id, Anna, default))?.Reason);
    }

    [Fact]
    public async Task Devices_that_go_away_before_they_switch_hold_up_no_wave_and_count_when_they_return()
    {
        foreach (var id in _world.Stores.Devices.Keys)
            _world.Runs[id] = "sha256:old";
        var release = await PushAsync();
        var away = _world.Told(release).Take(5).ToList();
        _world.Silent.UnionWith(away);
        foreach (var id in _world.Stores.Devices.Keys.Except(away))
            _world.Runs.Remove(id);
        Assert.True(await _world.UntilAsync(() => _world.Of(release).State == RolloutState.Done, 240));
        Assert.Equal((5, 0), (_world.Of(release).Counts.Of(UpdateStep.Told, Because.Offline), _world.Of(release).Counts.Of(UpdateStep.Failed)));
        _world.Time.Advance(TimeSpan.FromHours(26));
        Assert.True(await _world.UntilAsync(() => _world.Of(release).Counts.Of(UpdateStep.Lost, Because.Offline) == 5, 60));

        _world.Silent.Clear();
        _world.Runs.Clear();
        Assert.True(await _world.UntilAsync(() => _world.Of(release).Counts.Of(UpdateStep.Done) == 40, 120));
    }

    [Fact]
    public async Task A_device_whose_wave_has_not_come_is_told_when_it_is_expected()
    {
        var release = await PushAsync();
        var devices = await _world.Progress.ListAsync(release, default).ToListAsync(TestContext.Current.CancellationToken);
        var (second, third) = (devices.Where(d => d.State == "waiting").Min(d => d.Until), devices.Where(d => d.State == "waiting").Max(d => d.Until));
        // The switch and the soak of each wave before it.
        Assert.InRange(second - _world.Now ?? default, RolloutWorld.Quick.Soak, TimeSpan.FromMinutes(30));
        Assert.InRange(third - second ?? default, RolloutWorld.Quick.Soak, TimeSpan.FromMinutes(30));
        Assert.Equal(RolloutWorld.Interval, _world.Of(release).Rhythm);
    }

    [Fact]
    public async Task Who_waits_for_the_window_or_for_another_track_is_told_until_when()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100], Window = new() { From = "11:00", To = "12:00" } }, devices: 2);
        var (opens, free) = (world.Now.AddHours(1), world.Now.AddMinutes(100));
        world.Stores.Desired["device-0000"] = DesiredState.Nothing.Remember(new Switch("other", 1, 1, free, null));
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        Assert.Equal([(Because.Window, opens), (Because.Window, opens)], await WaitingAsync());
        await world.LiveAsync(61);
        Assert.Equal([(Because.OtherTrack, free)], await WaitingAsync());

        async Task<IEnumerable<(string?, DateTimeOffset?)>> WaitingAsync() =>
            (await world.Progress.ListAsync(release, default).ToListAsync(TestContext.Current.CancellationToken)).Where(d => d.State == "waiting").Select(d => (d.Code, d.Until));
    }

    [Fact]
    public async Task Whom_an_operator_keeps_out_is_on_the_timeline_and_changes_under_the_number_that_was_seen()
    {
        var release = await PushAsync();
        Assert.Equal(1, (await _world.Operate.HoldAsync("sensor", "device-0003", null, Anna with { Number = 0 }, default)).Value?.Number);
        Assert.Equal(OperateRollout.Changed, (await _world.Operate.LetGoAsync("sensor", "device-0003", Anna with { Number = 0 }, default)).Reason);
        var last = (await _world.Rollouts.TimelineAsync(release.Id, 1, default))[0];
        Assert.Equal(("held", "anna", "device-0003: because"), (last.What, last.By, last.Why));
    }

    [Fact]
    public async Task Every_step_is_told_to_the_channels_and_open_until_the_next()
    {
        var release = await PushAsync();
        await _world.Operate.PauseAsync(release.Id, Anna, default);
        await _world.Operate.HoldAsync("sensor", "device-0003", null, Anna, default);
        await _world.Operate.ResumeAsync(release.Id, Anna, default);
        Assert.True(await _world.UntilAsync(() => _world.Of(release).State == RolloutState.Done));
        var told = _world.Stores.Alerts.Where(a => a.Kind == AlertKind.ReleaseStep).ToList();
        Assert.Equal(["scheduled", "begun", "paused", "resumed", "wave", "wave", "done"], told.Where(a => a.Change == AlertChange.Opened).Select(a => a.Evidence["step"]));
        Assert.Equal("anna", told.First(a => Equals(a.Evidence["step"], "paused")).By);
        Assert.Equal(told.Select(a => a.AlertId).Distinct().Order(), told.Where(a => a.Change == AlertChange.Cleared).Select(a => a.AlertId).Order());
    }

    private async Task<Release> PushAsync()
    {
        await _world.ReportAsync();
        var release = await _world.PushAsync("1.0.0");
        await _world.LiveAsync(1);
        return release;
    }

    private async Task FailAsync(Release release, IEnumerable<string> devices)
    {
        foreach (var id in devices.ToList())
        {
            _world.Runs[id] = "sha256:old";
            _world.Stores.Reports[id] = new() { Release = release.Id, State = UpdateState.Failed, At = _world.Now };
        }

        await _world.LiveAsync(1);
    }
}
