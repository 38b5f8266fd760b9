using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;

namespace Core.Tests.Releases.Rollout;

/// <summary>Two processes at the same step of one rollout.</summary>
public sealed class OvertakingTests
{
    [Fact]
    public async Task Who_looks_while_another_tells_does_not_make_it_tell_again()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { WaveDevices = [1] }, devices: 20);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.Start.RunAsync(world.Track, release, default);
        await LookAsync(world, release.Id);
        Assert.Equal(1, world.Of(release).Counts.Of(UpdateStep.Offering));

        world.Time.Advance(TimeSpan.FromMinutes(1));
        var tells = 0;
        await world.RunWith(new Telling(world.Stores, () => tells++ > 0 ? Task.CompletedTask : LookAsync(world, release.Id))).RunAsync(release.Id, default);
        Assert.Equal((1, 1), (tells, world.Of(release).Counts.Of(UpdateStep.Told)));
    }

    [Fact]
    public async Task What_was_told_while_an_operator_paused_is_taken_back_at_once()
    {
        var world = new RolloutWorld(RolloutWorld.Quick with { Waves = [100] }, devices: 4);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.Start.RunAsync(world.Track, release, default);
        var anna = new Decision("anna", null, null);
        await world.RunWith(new Telling(world.Stores, () => world.Operate.PauseAsync(release.Id, anna, default))).RunAsync(release.Id, default);
        Assert.Equal((4, 4), (world.Told(release).Count(), world.Of(release).Counts.Of(UpdateStep.Offering)));

        await world.Operate.RollBackAsync(release.Id, anna, default);
        await world.Run.RunAsync(release.Id, default);
        Assert.Equal((RolloutState.RolledBack, 0), (world.Of(release).State, world.Told(release).Count()));
    }

    /// <summary>Another process comes as far as telling.</summary>
    private static async Task LookAsync(RolloutWorld world, string release) => await Assert.ThrowsAsync<ProcessDied>(
        () => world.RunWith(new Telling(world.Stores, () => throw new ProcessDied())).RunAsync(release, default));

    /// <summary>Something happens before each time devices are told.</summary>
    private sealed class Telling(IDesiredStates states, Func<Task> before) : IDesiredStates
    {
        public int ShardOf(string deviceId) => states.ShardOf(deviceId);

        public Task<DesiredState?> FindAsync(string deviceId, CancellationToken cancellationToken) => states.FindAsync(deviceId, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, DesiredState>> ListAsync(CancellationToken cancellationToken) => states.ListAsync(cancellationToken);

        public async Task ChangeAsync(int shard, IReadOnlyCollection<string> devices, Func<string, DesiredState, DesiredState> change, CancellationToken cancellationToken)
        {
            await before();
            await states.ChangeAsync(shard, devices, change, cancellationToken);
        }

        public Task SaveReportAsync(string deviceId, string track, ReportedState report, CancellationToken cancellationToken) => states.SaveReportAsync(deviceId, track, report, cancellationToken);

        public Task<IReadOnlyDictionary<string, ReportedState>> FindReportsAsync(string track, int shard, IReadOnlyCollection<string> devices, CancellationToken cancellationToken) =>
            states.FindReportsAsync(track, shard, devices, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, ReportedState>> ListReportsAsync(string track, CancellationToken cancellationToken) => states.ListReportsAsync(track, cancellationToken);
    }
}
