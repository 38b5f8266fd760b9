using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Signals;

namespace Core.Tests.Releases.Rollout;

public sealed class RolloutTests
{
    private static readonly Decision Anna = new("anna", "because", null);

    [Fact]
    public async Task A_good_image_goes_out_wave_by_wave_and_every_device_is_accounted_for()
    {
        var world = new RolloutWorld();
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        var told = new List<int>();
        Assert.True(await world.UntilAsync(() =>
        {
            told.Add(world.Told(release).Count());
            return world.Rollouts.Latest(release.Id)?.State == RolloutState.Done;
        }));
        Assert.Equal([0, 4, 20, 40], told.Distinct().Order());
        Assert.Equal(40, world.Of(release).Counts.Of(UpdateStep.Done));
        Assert.All(world.Stores.Desired.Values, d => Assert.Equal(1, d.Version));
        Assert.Equal(["scheduled", "begun", "wave", "wave", "done"], (await world.Rollouts.TimelineAsync(release.Id, 10, default)).Select(s => s.What).Reverse());
    }

    [Fact]
    public async Task A_bad_image_is_stopped_in_its_first_wave()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [50, 100] });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        foreach (var id in world.Told(release).ToList())
            world.Stores.Reports[id] = new() { Release = release.Id, State = UpdateState.Failed, Reason = "exec format error", At = world.Now };
        foreach (var device in world.Stores.Devices.Keys)
            world.Runs[device] = "sha256:old";
        Assert.True(await world.UntilAsync(() => world.Of(release).State == RolloutState.Stopped, 10));
        await world.LiveAsync(120);
        Assert.Equal(20, world.Told(release).Count());
        Assert.Contains(world.Stores.Alerts, a => a is { Kind: AlertKind.ReleasePaused, Change: AlertChange.Opened, Severity: Severity.Critical });
    }

    /// <summary>A trial runs long enough for telemetry to name it: a health check may take minutes.</summary>
    [Fact]
    public async Task A_device_that_ran_the_image_and_went_back_fails_with_its_own_words()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { MaxFailurePercent = 100 }, devices: 10);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var device = world.Told(release).First();
        Assert.True(await world.UntilAsync(() => world.Device(release, device).Step == UpdateStep.Observed, 10));
        world.Runs[device] = "sha256:old";
        world.Stores.Reports[device] = new() { Release = release.Id, State = UpdateState.Failed, Reason = "unhealthy: no route", At = world.Now, Attempt = 1 };
        Assert.True(await world.UntilAsync(() => world.Device(release, device).Step == UpdateStep.Failed, 10));
        Assert.Equal(("reported", "The device says: unhealthy: no route"), (world.Device(release, device).Code, world.Device(release, device).Reason));
    }

    [Fact]
    public async Task A_device_that_says_done_and_runs_another_image_is_found_out()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { MaxFailurePercent = 100 }, devices: 10);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var liar = world.Told(release).First();
        world.Runs[liar] = "sha256:old";
        world.Stores.Reports[liar] = new() { Release = release.Id, State = UpdateState.Installed, At = world.Now };
        Assert.True(await world.UntilAsync(() => world.Device(release, liar).Code == "mismatch", 60));
        Assert.Equal(liar, world.Stores.Alerts.Single(a => a.Kind == AlertKind.DeviceImageMismatch).DeviceId);
    }

    [Fact]
    public async Task Devices_that_cannot_be_reached_hold_up_no_wave_and_get_it_when_they_return()
    {
        var world = new RolloutWorld();
        await world.ReportAsync();
        world.Silent.UnionWith(world.Stores.Devices.Keys.Take(15));
        await world.LiveAsync(60);
        var release = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Done));
        Assert.Equal((25, 15), (world.Of(release).Counts.Of(UpdateStep.Done), world.Of(release).Counts.Of(UpdateStep.Waiting, Because.Offline)));
        world.Silent.Clear();
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 40));
    }

    [Fact]
    public async Task A_newer_release_takes_over_and_devices_not_yet_begun_never_see_the_older_one()
    {
        var world = new RolloutWorld();
        await world.ReportAsync();
        var first = await world.PushAsync("1.0.0");
        await world.LiveAsync(2);
        var begun = world.Told(first).ToHashSet();
        var second = await world.PushAsync("1.1.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(second.Id)?.State == RolloutState.Done));
        Assert.Equal(RolloutState.Superseded, world.Of(first).State);
        Assert.Equal(0, world.Of(first).Counts.Open());
        Assert.All(world.Stores.Desired, d => Assert.Equal((begun.Contains(d.Key) ? 2 : 1, second.Id), (d.Value.Version, d.Value.Workloads.Single().Release)));
    }

    [Fact]
    public async Task Rolled_back_every_device_is_told_what_it_ran_before()
    {
        var world = new RolloutWorld();
        await world.ReportAsync();
        var first = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(first.Id)?.State == RolloutState.Done));
        var second = await world.PushAsync("1.1.0");
        await world.LiveAsync(3);
        Assert.NotEmpty(world.Told(second));
        await world.Operate.RollBackAsync(second.Id, Anna, default);
        Assert.True(await world.UntilAsync(() => world.Of(second).State == RolloutState.RolledBack && world.Of(first).State == RolloutState.Done));
        Assert.Equal(40, world.Told(first).Count());
        Assert.Equal(first.Id, (await world.Stores.CurrentAsync("sensor", default))?.Value);
        Assert.False((await world.Stores.FindAsync(second.Id, default))!.Value.MayGoOut);
    }

    [Fact]
    public async Task A_second_rollback_goes_on_to_what_was_before_both()
    {
        var world = new RolloutWorld(devices: 10);
        await world.ReportAsync();
        var releases = new List<Release>();
        foreach (var tag in new[] { "1.0.0", "1.1.0", "1.2.0" })
        {
            releases.Add(await world.PushAsync(tag));
            Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(releases[^1].Id)?.State == RolloutState.Done));
        }

        foreach (var (bad, before) in new[] { (releases[2], releases[1]), (releases[1], releases[0]) })
        {
            await world.Operate.RollBackAsync(bad.Id, Anna, default);
            Assert.True(await world.UntilAsync(() => world.Of(bad).State == RolloutState.RolledBack && world.Of(before).State == RolloutState.Done));
            Assert.Equal(before.Id, (await world.Stores.CurrentAsync("sensor", default))?.Value);
            Assert.Equal(10, world.Told(before).Count());
        }
    }

    [Fact]
    public async Task What_is_retried_is_told_once_more_and_no_other_device_is()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { MaxFailurePercent = 100 }, devices: 10);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var failed = world.Told(release).First();
        world.Runs[failed] = "sha256:old";
        world.Stores.Reports[failed] = new() { Release = release.Id, State = UpdateState.Failed, At = world.Now };
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Done));
        world.Runs.Remove(failed);
        await world.Operate.RetryAsync(release.Id, Anna, default);
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 10));
        Assert.All(world.Stores.Desired, d => Assert.Equal(d.Key == failed ? 2 : 1, d.Value.Version));
    }

    [Fact]
    public async Task What_comes_late_of_an_attempt_before_does_not_fail_the_one_that_is_under_way()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { MaxFailurePercent = 100 }, devices: 1);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        const string device = "device-0000";
        world.Runs[device] = "sha256:old";
        world.Stores.Reports[device] = new() { Release = release.Id, State = UpdateState.Failed, Attempt = 1, At = world.Now };
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Failed) == 1));
        await world.Operate.RetryAsync(release.Id, Anna, default);
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Told) == 1));
        world.Stores.Reports[device] = new() { Release = release.Id, State = UpdateState.Failed, Attempt = 1, At = world.Now.AddSeconds(1) };
        await world.LiveAsync(1);
        Assert.Equal(1, world.Of(release).Counts.Of(UpdateStep.Told));
        world.Stores.Reports[device] = new() { Release = release.Id, State = UpdateState.Failed, Attempt = 2, At = world.Now.AddSeconds(1) };
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Failed) == 1));
    }

    [Fact]
    public async Task Late_joiners_held_and_disabled_devices_each_have_their_place()
    {
        var world = new RolloutWorld(devices: 10);
        await world.ReportAsync();
        await world.Operate.HoldAsync("sensor", "device-0003", null, Anna, default);
        world.Register("device-0004", d => d with { Enabled = false });
        var release = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Done));
        Assert.Equal((8, 1, 1), (world.Of(release).Counts.Of(UpdateStep.Done), world.Of(release).Counts.Of(UpdateStep.Lost, Because.Pinned), world.Of(release).Counts.Of(UpdateStep.Lost, Because.Disabled)));

        world.Register("device-0004");
        world.Register("late");
        await world.Operate.LetGoAsync("sensor", "device-0003", Anna, default);
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 11));
    }

    [Fact]
    public async Task A_device_short_of_charge_waits_with_the_reason_until_it_is_charged()
    {
        var level = 25.0;
        var rules = RolloutWorld.Quick with { Waves = [100], Drain = new() { CannotTell = WhenUnclear.Continue } };
        var world = new RolloutWorld(rules, devices: 10) { Says = (id, reading) => reading with { BatteryPercent = id == "device-0003" ? level : 80 } };
        await world.LiveAsync(30);
        var release = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.Counts.Of(UpdateStep.Done) == 9, 60));
        Assert.Equal(Because.Battery, world.Device(release, "device-0003").Code);
        Assert.Contains("25 % charge", world.Device(release, "device-0003").Reason, StringComparison.Ordinal);

        level = 95;
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 10));
    }

    [Fact]
    public async Task A_device_that_was_away_for_a_month_gets_what_its_track_has_now_and_nothing_in_between()
    {
        var world = new RolloutWorld(devices: 10);
        await world.ReportAsync();
        world.Silent.Add("device-0003");
        await world.LiveAsync(60);
        foreach (var tag in new[] { "1.0.0", "1.1.0", "1.2.0" })
        {
            var release = await world.PushAsync(tag);
            Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.Counts.Of(UpdateStep.Done) == 9));
        }

        world.Time.Advance(TimeSpan.FromDays(30));
        world.Silent.Clear();
        Assert.True(await world.UntilAsync(() => world.Stores.Desired.ContainsKey("device-0003")));
        Assert.Equal((1, "1.2.0"), (world.Stores.Desired["device-0003"].Version, world.Stores.Desired["device-0003"].Of("sensor")?.Tag));
    }

    public static TheoryData<string> Changes => ["key", "model", "group"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_device_whose_key_model_or_group_changed_is_placed_anew(string what)
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { MaxFailurePercent = 100 }, devices: 10);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var failed = world.Told(release).First();
        world.Runs[failed] = "sha256:old";
        world.Stores.Reports[failed] = new() { Release = release.Id, State = UpdateState.Failed, At = world.Now };
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Done));
        world.Runs.Remove(failed);
        world.Stores.Work.Add(new OfferWork("sensor"));
        await world.LiveAsync(5);
        Assert.Equal(UpdateStep.Failed, world.Device(release, failed).Step);

        world.Register(failed, d => what switch { "key" => d with { KeyGeneration = 2 }, "model" => d with { Model = "m2" }, _ => d with { Groups = ["elsewhere"] } });
        world.Stores.Work.Add(new OfferWork("sensor"));

        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 10));
        Assert.Equal(2, world.Device(release, failed).Attempt);
    }

    [Fact]
    public async Task Two_tracks_never_switch_one_device_at_the_same_time()
    {
        var world = new RolloutWorld(devices: 4);
        await world.ReportAsync();
        foreach (var id in world.Stores.Devices.Keys.Take(2))
            world.Stores.Desired[id] = DesiredState.Nothing.Remember(new Switch("other", 1, 1, world.Now.AddMinutes(40), null));
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(20);
        Assert.Equal((2, 2), (world.Told(release).Count(), world.Of(release).Counts.Of(UpdateStep.Waiting, Because.OtherTrack)));
        Assert.True(await world.UntilAsync(() => world.Told(release).Count() == 4, 60));
    }

    [Fact]
    public async Task The_first_release_of_a_second_track_waits_for_no_device_that_is_through()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100] }, devices: 4);
        await world.ReportAsync();
        var first = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(first.Id)?.State == RolloutState.Done, 15));
        await world.AddTrackAsync("radio");
        var second = await world.PushAsync("2.0.0", "radio");
        await world.LiveAsync(1);
        Assert.Equal(4, world.Of(second).Counts.Of(UpdateStep.Told));
    }

    [Fact]
    public async Task A_device_that_another_track_lets_go_early_is_told_before_the_time_it_was_kept_for()
    {
        var world = new RolloutWorld(devices: 1);
        await world.ReportAsync();
        var other = new Switch("other", 1, 1, world.Now.AddMinutes(40), null);
        world.Stores.Desired["device-0000"] = DesiredState.Nothing.Remember(other);
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(5);
        Assert.Equal((UpdateStep.Waiting, Because.OtherTrack, 4), (world.Device(release, "device-0000").Step, world.Device(release, "device-0000").Code, world.Device(release, "device-0000").Looks));
        world.Stores.Desired["device-0000"] = DesiredState.Nothing.Remember(other with { Until = world.Now });
        Assert.True(await world.UntilAsync(() => world.Told(release).Any(), 10));
    }

    [Fact]
    public async Task A_sites_uplink_is_shared_by_all_tracks_that_have_a_cap()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100], PerGateway = 3 }, devices: 8) { Says = (_, reading) => reading with { Gateway = "site-a" } };
        await world.AddTrackAsync("radio");
        await world.ReportAsync();
        var (sensor, radio) = (await world.PushAsync("1.0.0"), await world.PushAsync("2.0.0", "radio"));
        await world.TickAsync();
        Assert.Equal((3, 0), (Switching(sensor), Switching(radio)));
        Assert.Equal(8, world.Of(radio).Counts.Of(UpdateStep.Waiting, Because.Gateway));

        Assert.True(await world.UntilAsync(() =>
        {
            Assert.InRange(Switching(sensor) + Switching(radio), 0, 3);
            return Switching(radio) > 0;
        }));

        int Switching(Release release) => world.Of(release).Counts.Behind("site-a");
    }

    [Fact]
    public async Task A_rollout_that_fails_holds_up_no_other()
    {
        var world = new RolloutWorld(devices: 4);
        await world.AddTrackAsync("radio");
        await world.ReportAsync();
        var (broken, well) = (await world.PushAsync("1.0.0"), await world.PushAsync("2.0.0", "radio"));
        await world.TickAsync();
        world.Stores.Lose(broken);
        world.Time.Advance(TimeSpan.FromHours(2));

        await Assert.ThrowsAsync<InvalidDataException>(() => world.Run.RunAsync(default));

        Assert.True(world.Of(well).DueAt > world.Now);
    }

    [Fact]
    public async Task Nobody_is_told_outside_the_window_nor_faster_than_the_pace()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100], PacePerMinute = 60, Window = new() { From = "11:00", To = "12:00" } });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(59);
        Assert.Empty(world.Told(release));
        await world.LiveAsync(3);
        Assert.InRange(world.Told(release).Count(), 20, 31);
    }

    [Fact]
    public async Task A_track_without_devices_is_done_and_waits_for_the_first()
    {
        var world = new RolloutWorld(devices: 0);
        var release = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Done, 10));
        world.Register("first");
        world.Stores.Work.Add(new OfferWork("sensor"));
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 1, 60));
    }

    [Fact]
    public async Task An_operator_who_looked_at_an_older_step_changes_nothing()
    {
        var world = new RolloutWorld();
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var seen = world.Of(release).Number;
        Assert.Null((await world.Operate.PauseAsync(release.Id, Anna with { Number = seen }, default))!.Value.Reason);
        Assert.Equal(OperateRollout.Changed, (await world.Operate.CancelAsync(release.Id, Anna with { Number = seen }, default))!.Value.Reason);
    }
}
