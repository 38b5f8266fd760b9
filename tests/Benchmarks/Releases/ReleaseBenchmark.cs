using System.Diagnostics;
using System.Globalization;
using Azure.Core;
using Azure.Data.Tables;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Releases.Desired;
using IoTBackend.Adapters.Releases.Rollout;
using IoTBackend.Adapters.Shared;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.State;

namespace IoTBackend.Benchmarks.Releases;

/// <summary>A release through its waves: storage operations per device, devices told a minute, and what a tick costs with as much due in fleets of different sizes.</summary>
internal static class ReleaseBenchmark
{
    public const string Help = """
        scripts/bench release: pushes to the running stack until the first device is told; then a good image through its waves, with storage in memory. Storage operations are counted as they are billed (a transaction of a hundred rows is
        one), with the pages of devices' states a table would have answered; devices report and update, and say nothing of it beside their telemetry.

          --pushes N        pushes, one after the other; 100 by default
          --in-memory       no stack, only the fleets
          --devices N,N     fleets measured, default 10000,100000
        """;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        if (!options.Has("--in-memory"))
            await FirstTold.RunAsync(options.Number("--pushes", 100));
        Console.WriteLine($"{"devices",8} {"operations/device",18} {"told/min (wall)",16} {"first told, ms",15} {"idle tick, ops",15} {"idle tick, ms",14} {"accounted for",14}");
        foreach (var size in options.Numbers("--devices", "10000,100000"))
            await MeasureAsync(size);
        return 0;
    }

    private static async Task MeasureAsync(int size)
    {
        await using var app = MemoryTables.Create(0);
        await app.StartAsync();
        var count = new StorageCount();
        var options = new TableClientOptions();
        options.AddPolicy(count, HttpPipelinePosition.PerRetry);
        var tables = new TableServiceClient(MemoryTables.ConnectionString(new Uri(app.Urls.First()).Port), options);
        var silent = new TableServiceClient(MemoryTables.ConnectionString(new Uri(app.Urls.First()).Port));
        await new CreateTables(silent).StartAsync(CancellationToken.None);

        var fleet = new UpdatingFleet(size, new() { Waves = [5, 25, 100], Soak = 3 * Minute, SoakHeartbeats = 3, PacePerMinute = 1_000_000 });
        var (desired, watched) = (new TableDesiredStates(tables, new(tables, fleet), new(fleet)), new TableDesiredStates(silent, new(silent, fleet), new(fleet)));
        var store = new TableRollouts(tables, new ChangeNotes(new(tables, fleet), fleet));
        var sightings = new Sightings(fleet, new DevicePolicies(fleet), fleet);
        var plan = new PlanRollout(store, fleet, fleet, fleet, fleet, desired, sightings, fleet);
        var start = new StartRollout(store, fleet, new JoinDevices(store, fleet, fleet, desired, plan, fleet), fleet);
        var run = new RunRollout(store, fleet, desired, sightings, new GroupSilences(fleet, fleet, desired, sightings), plan, new RolloutNews(fleet, fleet, fleet, fleet), fleet, fleet);

        await fleet.ReportAsync(watched);
        var clock = Stopwatch.StartNew();
        await start.RunAsync(fleet.Rules, fleet.Release, CancellationToken.None);
        await run.RunAsync(fleet.Release.Id, CancellationToken.None);
        var first = clock.Elapsed;

        var (telling, told) = (TimeSpan.Zero, await ToldAsync(store, fleet));
        var rollout = await store.FindAsync(fleet.Release.Id, CancellationToken.None);
        for (var minute = 0; minute < 120 && rollout?.Value is not { State: RolloutState.Done }; minute++)
        {
            fleet.Pass(Minute);
            await fleet.ReportAsync(watched);
            clock.Restart();
            await run.RunAsync(fleet.Release.Id, CancellationToken.None);
            var now = await ToldAsync(store, fleet);
            if (now > told)
                telling += clock.Elapsed;
            told = now;
            rollout = await store.FindAsync(fleet.Release.Id, CancellationToken.None);
        }

        var operations = (count.Requests + fleet.PagesRead) / (double)size;
        var before = count.Requests;
        clock.Restart();
        await run.RunAsync(CancellationToken.None);
        var (idle, idleOperations) = (clock.Elapsed, count.Requests - before);
        var done = rollout?.Value.Counts.Of(UpdateStep.Done) ?? 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{size,8} {operations,18:N2} {told / Math.Max(0.001, (telling + first).TotalMinutes),16:N0} {first.TotalMilliseconds,15:N0} {idleOperations,15:N0} {idle.TotalMilliseconds,14:N1} {done,14:N0}"));
    }

    private static async Task<int> ToldAsync(TableRollouts store, UpdatingFleet fleet) =>
        (await store.FindAsync(fleet.Release.Id, CancellationToken.None))?.Value.Counts.Begun() ?? 0;
}
