using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Signals;

namespace Core.Tests.Releases.Rollout;

/// <summary>What harms devices while an image goes out, and whether the image is taken to be the cause.</summary>
public sealed class HarmTests
{
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
            world.Register(id, d => d with { Groups = [i % 2 == 0 ? "site-a" : "site-b"] });
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(10);
        var site = world.Stores.Devices.Values.Where(d => d.Groups[0] == "site-a").Select(d => d.Id).ToHashSet();
        var hit = world.Told(release).Count(site.Contains);
        world.Silent.UnionWith(site);
        Assert.True(await world.UntilAsync(() =>
        {
            Attach(world, site);
            return world.Of(release).State == RolloutState.Done;
        }));
        var counts = world.Of(release).Counts;
        Assert.Equal((5, 0, 20 - counts.Of(UpdateStep.Lost, "outage"), 20), (hit, counts.Of(UpdateStep.Failed), counts.Of(UpdateStep.Waiting, Because.Offline), counts.Of(UpdateStep.Done)));
        Assert.Equal(["scheduled", "begun", "wave", "done"], (await world.Rollouts.TimelineAsync(release.Id, 10, default)).Select(s => s.What).Reverse());
        world.Silent.Clear();
        Assert.True(await world.UntilAsync(() => world.Of(release).Counts.Of(UpdateStep.Done) == 40, 240));
    }

    /// <summary>As the sweep of groups does once most of one are overdue.</summary>
    private static void Attach(RolloutWorld world, HashSet<string> group)
    {
        foreach (var id in group)
        {
            var record = world.States.Records[id];
            if (record.Detection.Status is not (ConnectivityStatus.Overdue or ConnectivityStatus.Offline))
                continue;
            Detectors.Attach(ref record.Detection, "site-a", world.Now, []);
            world.States.Records[id] = record;
        }
    }
}
