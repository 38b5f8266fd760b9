using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

/// <summary>A rollout no process of which lives long.</summary>
public sealed class RolloutKillTests
{
    private static readonly TimeSpan Reports = TimeSpan.FromMinutes(10);

    [Fact]
    public Task Every_device_is_accounted_for_though_processes_die_over_it_again_and_again() => RunAsync(2_000);

    /// <summary>Some minutes: <c>Core.Tests -explicit only -class '*RolloutKillTests'</c>; what it gave is in docs/measured/rollouts.md.</summary>
    [Fact(Explicit = true)]
    public Task A_hundred_thousand_devices_are_accounted_for_though_processes_die_over_them_again_and_again() => RunAsync(100_000);

    /// <summary>Each process dies before a write: the first one's first, and ever later ones while nothing has moved.</summary>
    private static async Task RunAsync(int devices)
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [5, 25, 100], Soak = Reports, SoakHeartbeats = 1, PacePerMinute = 1_000_000 }, devices, Reports);
        var history = new RolloutHistory(world);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        var (deaths, lives, moved, reported) = (0, 1, "", world.Now);
        while (world.Rollouts.Latest(release.Id)?.State != RolloutState.Done)
        {
            world.Stores.DieBefore = world.Stores.Writes + lives;
            try
            {
                await world.TickAsync();
            }
            catch (ProcessDied)
            {
                deaths++;
            }

            world.Stores.DieBefore = null;
            history.Check();
            // A process that does more than one thing needs the writes for all of it.
            var (before, latest) = (moved, world.Rollouts.Latest(release.Id));
            moved = $"{latest?.Plan} {latest?.Cursor} {latest?.State} {string.Join(',', latest?.Counts ?? RolloutCounts.None)}";
            lives = moved == before ? Math.Min(2 * lives, 4 * devices) : 1;
            world.Time.Advance(TimeSpan.FromMinutes(1));
            if (world.Now - reported < Reports)
                continue;
            await world.ReportAsync();
            reported = world.Now;
        }

        Assert.Equal(devices, world.Of(release).Counts.Of(UpdateStep.Done));
        Assert.All(world.Stores.Desired.Values, d => Assert.Equal(1, d.Version));
        Assert.InRange(deaths, 20, int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{devices} devices, {deaths} deaths, {world.Rollouts.Commits} commits");
    }
}
