using CsCheck;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

/// <summary>Whatever happens in whatever order, and wherever a process dies over it.</summary>
public sealed class RolloutProperties
{
    private enum Happening
    {
        Ticks,
        Dies,
        Reports,
        FallsSilent,
        Returns,
        Fails,
        Defers,
        Lies,
        Pushed,
        Registered,
        Changed,
        Held,
        Operated,
        Hours,
    }

    private static readonly Decision Somebody = new("somebody", null, null);

    [Fact]
    public async Task No_device_is_told_twice_skipped_or_forgotten_and_the_counts_add_up_at_every_step() =>
        await Gen.Select(Gen.Enum<Happening>(), Gen.Int[0, 1000]).Array[5, 60].SampleAsync(async story =>
        {
            var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [20, 60, 100], PerGateway = 3 }, devices: 25);
            var history = new RolloutHistory(world);
            await world.ReportAsync();
            var pushed = new List<Release> { await world.PushAsync("1.0.0") };
            foreach (var (what, number) in story)
            {
                await HappenAsync(world, history, pushed, what, number);
                history.Check();
            }

            await EndWellAsync(world, history, pushed);
        }, iter: 20);

    /// <summary>A fleet whose rollout is cut off at each of its writes in turn.</summary>
    [Fact]
    public async Task A_process_that_dies_at_any_write_loses_no_device_and_tells_none_twice()
    {
        for (var point = 0; ; point++)
        {
            var world = new RolloutWorld(devices: 12);
            var history = new RolloutHistory(world);
            await world.ReportAsync();
            var release = await world.PushAsync("1.0.0");
            world.Stores.DieBefore = world.Stores.Writes + point;
            var died = false;
            for (var minute = 0; minute < 120 && world.Rollouts.Latest(release.Id)?.State != RolloutState.Done; minute++)
            {
                try
                {
                    await world.LiveAsync(1);
                }
                catch (ProcessDied)
                {
                    (died, world.Stores.DieBefore) = (true, null);
                }

                history.Check();
            }

            Assert.Equal((RolloutState.Done, 12), (world.Of(release).State, world.Of(release).Counts.Of(UpdateStep.Done)));
            Assert.All(world.Stores.Desired.Values, d => Assert.Equal(1, d.Version));
            if (!died)
                break;
        }
    }

    private static async Task HappenAsync(RolloutWorld world, RolloutHistory history, List<Release> pushed, Happening what, int number)
    {
        var ids = world.Stores.Devices.Keys.ToList();
        var id = ids[number % ids.Count];
        var latest = pushed[^1];
        switch (what)
        {
            case Happening.Ticks:
                await world.LiveAsync(1 + number % 5);
                break;
            case Happening.Dies:
                world.Stores.DieBefore = world.Stores.Writes + number % 40;
                try
                {
                    await world.LiveAsync(1);
                }
                catch (ProcessDied)
                {
                }

                world.Stores.DieBefore = null;
                break;
            case Happening.Reports:
                await world.ReportAsync();
                break;
            case Happening.FallsSilent:
                world.Silent.Add(id);
                break;
            case Happening.Returns:
                world.Silent.Clear();
                break;
            case Happening.Fails:
                world.Stores.Reports[id] = new() { Release = latest.Id, State = UpdateState.Failed, At = world.Now };
                break;
            case Happening.Defers:
                world.Stores.Reports[id] = new() { Release = latest.Id, State = UpdateState.Deferred, Until = world.Now.AddMinutes(number), Reason = "milking", At = world.Now };
                break;
            case Happening.Lies:
                world.Runs[id] = "sha256:old";
                world.Stores.Reports[id] = new() { Release = latest.Id, State = UpdateState.Installed, At = world.Now };
                break;
            case Happening.Pushed:
                pushed.Add(await world.PushAsync($"1.{pushed.Count}.0"));
                break;
            case Happening.Registered:
                world.Register($"new-{number:d4}");
                world.Stores.Work.Add(new OfferWork("sensor"));
                break;
            case Happening.Changed:
                world.Register(id, d => d with { Enabled = number % 3 != 0, KeyGeneration = number % 4 });
                world.Stores.Work.Add(new OfferWork("sensor"));
                break;
            case Happening.Held when number % 2 == 0:
                await world.Operate.HoldAsync("sensor", id, null, Somebody, default);
                break;
            case Happening.Held:
                await world.Operate.LetGoAsync("sensor", id, Somebody, default);
                break;
            case Happening.Operated:
                await OperateAsync(world, history, latest, number);
                break;
            case Happening.Hours:
                world.Time.Advance(TimeSpan.FromMinutes(number));
                break;
            default:
                throw new InvalidOperationException($"{what}");
        }
    }

    private static async Task OperateAsync(RolloutWorld world, RolloutHistory history, Release latest, int number)
    {
        switch (number % 6)
        {
            case 0:
                await world.Operate.PauseAsync(latest.Id, Somebody, default);
                break;
            case 1:
                await world.Operate.ResumeAsync(latest.Id, Somebody, default);
                break;
            case 2:
                await world.Operate.NextWaveAsync(latest.Id, Somebody, default);
                break;
            case 3:
                history.Retries++;
                await world.Operate.RetryAsync(latest.Id, Somebody, default);
                break;
            case 4:
                history.Backwards.Add(latest.Id);
                await world.Operate.RollBackAsync(latest.Id, Somebody, default);
                break;
            default:
                await world.Operate.CancelAsync(latest.Id, Somebody, default);
                break;
        }
    }

    /// <summary>From here on everybody behaves, and a last release is pushed: each device that may have it ends with it.</summary>
    private static async Task EndWellAsync(RolloutWorld world, RolloutHistory history, List<Release> pushed)
    {
        world.Silent.Clear();
        world.Runs.Clear();
        world.Stores.Reports.Clear();
        var last = await world.PushAsync("9.0.0");
        for (var minute = 0; minute < 48 * 60 && world.Rollouts.Latest(last.Id)?.State != RolloutState.Done; minute += 5)
        {
            await world.LiveAsync(5);
            history.Check();
        }

        await world.LiveAsync(60);
        history.Check();
        var holds = (await world.Rollouts.HoldsAsync("sensor", default))?.Value;
        foreach (var device in world.Stores.Devices.Values)
        {
            var may = device.Enabled && holds?.Of(device.Id, last.Id) is null;
            var place = world.Device(last, device.Id);
            Assert.True(
                may == (world.Stores.Desired.GetValueOrDefault(device.Id)?.Of("sensor")?.Release == last.Id) && place.Step == (may ? UpdateStep.Done : UpdateStep.Lost),
                $"{world.Stores.Desired.GetValueOrDefault(device.Id)} {string.Join(',', world.Stores.Desired.GetValueOrDefault(device.Id)?.Workloads ?? [])} {(await world.Sightings.ReadAsync("sensor", [device.Id], 1, default)).Values.First()} {device} {place} in {world.Of(last) with { Finding = null, Owing = [] }}");
        }
    }
}
