using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;

namespace Core.Tests.Releases.Rollout;

/// <summary>What harms devices while an image goes out, and whether the image is taken to be the cause.</summary>
public sealed class HarmTests
{
    private const string SiteA = "site-a";

    /// <summary>Sixty devices lose two percent a day, more or less; those with the new image a quarter more.</summary>
    [Fact]
    public async Task An_image_that_drains_a_quarter_faster_is_stopped_and_its_interval_is_shown()
    {
        var interval = TimeSpan.FromMinutes(30);
        var world = new RolloutWorld(new() { WaveDevices = [15], Waves = [100], Soak = TimeSpan.FromHours(1) }, 60, interval);
        var random = new Random(7);
        var charge = world.Stores.Devices.Keys.ToDictionary(id => id, _ => 70 + 30 * random.NextDouble());
        world.Says = (id, reading) =>
        {
            charge[id] -= 2 * (reading.Digest is null ? 1 : 1.25) * interval.TotalDays * (0.5 + random.NextDouble());
            return reading with { BatteryPercent = Math.Round(charge[id] + 0.4 * random.NextDouble(), 1) };
        };
        await world.LiveAsync(6 * 48);
        var release = await world.PushAsync("1.0.0");
        Assert.True(await world.UntilAsync(() => world.Rollouts.Latest(release.Id)?.State == RolloutState.Stopped, 8 * 48));
        var drain = world.Of(release).Finding!.Criteria.Single(c => c.Criterion == "drain");
        Assert.InRange(0.25, drain.Low ?? 1, drain.High ?? 0);
        var alert = world.Stores.Alerts.Single(a => a is { Kind: AlertKind.ReleasePaused, Change: AlertChange.Opened });
        Assert.Contains("15 devices", alert.Summary, StringComparison.Ordinal);
        Assert.Contains("between", alert.Summary, StringComparison.Ordinal);
        Assert.Equal(15, world.Told(release).Count());
    }

    [Fact]
    public async Task A_sites_power_cut_during_a_wave_stops_nothing()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [25, 100], MaxFailurePercent = 5, Soak = TimeSpan.FromMinutes(30) });
        foreach (var (id, i) in world.Stores.Devices.Keys.ToList().Select((id, i) => (id, i)))
            world.Register(id, d => d with { Groups = [i % 2 == 0 ? SiteA : "site-b"] });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(10);
        var site = world.Stores.Devices.Values.Where(d => d.Groups[0] == SiteA).Select(d => d.Id).ToHashSet();
        var hit = world.Told(release).Count(site.Contains);
        world.Silent.UnionWith(site);
        await LiveUntilAsync(world, () => world.Of(release).State == RolloutState.Done);
        var counts = world.Of(release).Counts;
        Assert.Equal((5, 0, 20 - counts.Of(UpdateStep.Lost, "outage"), 20), (hit, counts.Of(UpdateStep.Failed), counts.Of(UpdateStep.Waiting, Because.Offline), counts.Of(UpdateStep.Done)));
        Assert.Equal(["scheduled", "begun", "wave", "done"], (await world.Rollouts.TimelineAsync(release.Id, 10, default)).Select(s => s.What).Reverse());
        world.Silent.Clear();
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 40, 240));
    }

    [Fact]
    public async Task An_image_that_silences_those_of_a_site_that_were_told_is_not_taken_for_an_outage_of_it()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [75, 100], MaxFailurePercent = 5, Soak = TimeSpan.FromMinutes(30) });
        var told = Site(world).Where(world.Told(release).ToHashSet().Contains).ToList();
        Assert.InRange(told.Count, 7, 8);
        world.Silent.UnionWith(told);
        await LiveUntilAsync(world, () => world.Of(release).State == RolloutState.Stopped);
        await LiveUntilAsync(world, () => world.Of(release).Counts.Of(UpdateStep.Failed, "silent") == told.Count);
        Assert.Contains(world.Groups.Alerts, a => a.Group == SiteA);
        Assert.Equal(0, world.Of(release).Counts.Of(UpdateStep.Lost));
        Assert.Contains("those that were not are heard", world.Device(release, told[^1]).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_falls_silent_when_all_of_it_was_told_is_for_an_operator_to_decide_once()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [100], MaxFailurePercent = 5, PacePerMinute = 3, Soak = TimeSpan.FromHours(2) });
        await LiveUntilAsync(world, () => Site(world).All(world.Told(release).Contains));
        world.Silent.UnionWith(Site(world));
        await LiveUntilAsync(world, () => world.Of(release).State == RolloutState.Paused);
        Assert.Equal("Those of site-a that were told fell silent within the soak, and too few others say whether it is an outage or the image.", world.Of(release).Reason);
        Assert.Contains(world.Stores.Alerts, a => a is { Kind: AlertKind.ReleasePaused, Change: AlertChange.Opened });
        Assert.InRange(world.Of(release).Counts.Of(UpdateStep.Lost, "outage"), 1, 9);
        await world.Operate.ResumeAsync(release.Id, new("anna", "The site has no power", null), default);
        await LiveUntilAsync(world, () => world.Of(release).State == RolloutState.Done);
        Assert.Equal((30, 10, 0), (world.Of(release).Counts.Of(UpdateStep.Done), world.Of(release).Counts.Of(UpdateStep.Lost, "outage"), world.Of(release).Counts.Of(UpdateStep.Failed)));
    }

    [Fact]
    public async Task One_that_was_not_told_and_falls_silent_as_well_hides_no_image_that_silences_a_site()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [50, 100], MaxFailurePercent = 5, Soak = TimeSpan.FromMinutes(30) });
        var told = Site(world).Where(world.Told(release).ToHashSet().Contains).ToList();
        world.Silent.UnionWith(told);
        world.Silent.Add(Site(world).Except(told).First());
        Assert.Equal(6, world.Silent.Count);
        await LiveUntilAsync(world, () => world.Of(release).State == RolloutState.Paused);
        Assert.StartsWith("Those of site-a", world.Of(release).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_model_lives_on_says_nothing_of_a_sites_power()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100], MaxFailurePercent = 5, Soak = TimeSpan.FromHours(2) });
        await world.Stores.SaveAsync(world.Track with { Targets = new() { Groups = ["mains"] } }, default);
        foreach (var (id, i) in world.Stores.Devices.Keys.ToList().Select((id, i) => (id, i)))
            world.Register(id, d => d with { Groups = i % 4 == 0 ? [SiteA, i == 0 ? "battery" : "mains"] : [$"site-{i % 4}", "mains"], Model = i == 0 ? "sensor" : "gateway" });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(5);
        world.Silent.UnionWith(Site(world).Where(world.Told(release).ToHashSet().Contains));
        Assert.Equal(9, world.Silent.Count);
        await LiveUntilAsync(world, () => world.Of(release).State is not RolloutState.Running);
        Assert.Equal((RolloutState.Paused, 0), (world.Of(release).State, world.Of(release).Counts.Of(UpdateStep.Failed)));
    }

    [Fact]
    public async Task A_site_that_is_heard_badly_excuses_no_silence_unasked()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [75, 100], Soak = TimeSpan.FromHours(2) });
        var told = Site(world).Where(world.Told(release).ToHashSet().Contains).ToList();
        var (group, silences) = (new GroupOutageState { DegradedAt = world.Now }, new GroupSilences(world.Groups, world.Stores, world.Stores, world.Sightings));
        group.SilentMembers[told[0]] = new(world.Now, world.Now.AddDays(1), world.Now.AddMinutes(10));
        world.Groups.Rows[SiteA] = group.Write();
        var silence = (await silences.ReadAsync(release, world.Of(release), [told[0]], world.Now, default))[told[0]];
        Assert.Equal((SiteA, Excuse.CannotTell), (silence.Group, silence.Excuse));
    }

    [Fact]
    public async Task A_power_cut_after_which_those_that_were_told_come_back_last_stops_nothing()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [75, 100], MaxFailurePercent = 5, Soak = TimeSpan.FromMinutes(30) });
        world.Silent.UnionWith(Site(world));
        await LiveUntilAsync(world, () => world.Groups.Alerts.Any(a => a.Group == SiteA));
        world.Silent.IntersectWith(world.Told(release));
        await LiveUntilAsync(world, () => world.Of(release).State is RolloutState.Done or RolloutState.Stopped);
        Assert.Equal((RolloutState.Done, 0), (world.Of(release).State, world.Of(release).Counts.Of(UpdateStep.Failed)));
    }

    [Fact]
    public async Task Members_that_are_through_with_the_image_say_that_a_silence_is_an_outage()
    {
        var (world, release) = await OnTheirWayAsync(RolloutWorld.Quick with { Waves = [50, 100], Soak = TimeSpan.FromMinutes(10) });
        await LiveUntilAsync(world, () => Site(world).All(world.Told(release).Contains));
        await LiveAsync(world);
        await LiveAsync(world);
        world.Silent.UnionWith(Site(world));
        await LiveUntilAsync(world, () => world.Of(release).Counts.Of(UpdateStep.Lost, "outage") is 5 && world.Of(release).State == RolloutState.Done);
        Assert.Equal(0, world.Of(release).Counts.Of(UpdateStep.Failed));
    }

    /// <summary>Forty devices, every fourth at one site, that have run the image since some minutes where it is their turn.</summary>
    private static async Task<(RolloutWorld World, Release Release)> OnTheirWayAsync(TrackRollout rules)
    {
        var world = new RolloutWorld(rules);
        foreach (var (id, i) in world.Stores.Devices.Keys.ToList().Select((id, i) => (id, i)))
            world.Register(id, d => d with { Groups = [i % 4 == 0 ? SiteA : $"site-{i % 4}"] });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(5);
        return (world, release);
    }

    private static IReadOnlyList<string> Site(RolloutWorld world) => [.. world.Stores.Devices.Values.Where(d => d.Groups[0] == SiteA).Select(d => d.Id)];

    private static async Task LiveUntilAsync(RolloutWorld world, Func<bool> holds)
    {
        for (var minute = 0; minute < 600 && !holds(); minute++)
            await LiveAsync(world);
        Assert.True(holds());
    }

    /// <summary>A minute in which the groups are judged too.</summary>
    private static async Task LiveAsync(RolloutWorld world)
    {
        await world.ReportAsync();
        var policies = new DevicePolicies(world);
        var silent = world.States.Records.Where(r => r.Value.Detection.Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline).Select(r => r.Key).ToList();
        await new SweepGroups(world.Groups, world.States, policies, new(world.States, policies), new()).RunAsync(silent, world.Now, default, default);
        await world.TickAsync();
        world.Time.Advance(RolloutWorld.Interval);
    }
}
