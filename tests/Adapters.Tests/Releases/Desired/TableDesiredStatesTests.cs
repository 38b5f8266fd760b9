using Azure.Data.Tables;
using IoTBackend.Adapters.Releases.Desired;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Desired;
using Local.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Adapters.Tests.Releases.Desired;

public sealed class TableDesiredStatesTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private static readonly Workload Sensor = new("sensor", "r/s@sha256:1", "1.0.0", "sensor-1", "sha256:2", 10);

    [Fact]
    public async Task Devices_of_a_shard_change_together_and_a_repetition_changes_nothing()
    {
        var states = await OpenAsync();
        var devices = DevicesOfOneShard(states, 150);

        await TellAsync(states, devices, Sensor);
        await TellAsync(states, devices, Sensor with { Tag = "latest" });

        var stored = await states.ListAsync(Token).Where(s => devices.Contains(s.Key)).ToListAsync(Token);
        Assert.Equal(150, stored.Count);
        Assert.All(stored, s => Assert.Equal((1, "1.0.0"), (s.Value.Version, s.Value.Workloads.Single().Tag)));
    }

    [Fact]
    public async Task Two_tracks_told_at_once_lose_no_workload()
    {
        var states = await OpenAsync();
        var devices = DevicesOfOneShard(states, 20);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => TellAsync(states, devices, Sensor with { Track = $"track-{i}" })));

        foreach (var device in devices)
            Assert.Equal((4, 4), ((await states.FindAsync(device, Token))!.Version, (await states.FindAsync(device, Token))!.Workloads.Count));
    }

    [Fact]
    public async Task Another_instance_hears_of_the_versions_also_of_those_from_before_its_start()
    {
        var states = await OpenAsync();
        var devices = DevicesOfOneShard(states, 3);
        await TellAsync(states, devices[..1], Sensor);
        var versions = new DesiredVersions(TimeProvider.System);
        var listener = new ChangeListener(new(Tables, TimeProvider.System), [new DesiredVersionsFeed(versions, states)], TimeProvider.System, NullLogger<ChangeListener>.Instance);

        await listener.ListenOnceAsync(Token);
        Assert.Equal((1, null), (versions.Find(devices[0]), versions.Find(devices[1])));

        await TellAsync(states, devices[1..2], Sensor);
        await listener.ListenOnceAsync(Token);
        Assert.Equal((1, null), (versions.Find(devices[1]), versions.Find(devices[2])));
    }

    [Fact]
    public async Task A_device_that_waits_in_the_process_that_told_it_does_not_wait_for_the_feed()
    {
        var own = new DesiredVersions(TimeProvider.System);
        var states = await OpenAsync(own);
        var devices = DevicesOfOneShard(states, 1);
        var waiting = own.WaitAsync(devices[0], 0, TimeSpan.FromMinutes(1), Token);
        Assert.True(own.IsAwaited);

        await TellAsync(states, devices, Sensor);

        Assert.Equal(Waited.Changed, await waiting);
        Assert.False(own.IsAwaited);
    }

    [Fact]
    public async Task The_last_report_of_a_device_is_kept_per_track()
    {
        var states = await OpenAsync();
        var device = $"d-{Guid.NewGuid():n}";
        foreach (var state in new[] { UpdateState.Downloading, UpdateState.Installed })
            await states.SaveReportAsync(device, "sensor", new() { Release = "sensor-1", State = state }, Token);
        await states.SaveReportAsync(device, "sensor-two", new() { Release = "sensor-two-1", State = UpdateState.Failed }, Token);

        var reports = await states.ListReportsAsync("sensor", Token).Where(r => r.Key == device).ToListAsync(Token);
        Assert.Equal(UpdateState.Installed, Assert.Single(reports).Value.State);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TableServiceClient Tables => new(storage.ConnectionString);

    private async Task<TableDesiredStates> OpenAsync(DesiredVersions? own = null)
    {
        await new CreateTables(Tables).StartAsync(Token);
        return new(Tables, new(Tables, TimeProvider.System), own ?? new(TimeProvider.System));
    }

    private static Task TellAsync(TableDesiredStates states, string[] devices, Workload workload) =>
        states.ChangeAsync(states.ShardOf(devices[0]), devices, (_, state) => state.With(workload), Token);

    private static string[] DevicesOfOneShard(TableDesiredStates states, int count)
    {
        var run = Guid.NewGuid().ToString("n");
        return [.. Enumerable.Range(0, int.MaxValue).Select(i => $"{run}-{i}").Where(id => states.ShardOf(id) == 7).Take(count)];
    }
}
