using System.Diagnostics;
using System.Globalization;
using System.Text;
using Azure.Core;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using IoTBackend.Stack;
using IoTBackend.Stack.Children;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>
/// ApplyTelemetry and the sweep on the storage emulator, for several sizes of fleet: readings a second, storage
/// requests and bytes per 1,000 readings, memory per device, and what 100 due devices cost.
/// </summary>
internal static class ProcessBenchmark
{
    private const int Partitions = 4;
    private const int Due = 100;

    /// <summary>Devices above which the storage emulator would measure itself.</summary>
    private const int MaxEmulated = 10_000;

    public const string Help = """
        scripts/bench process [--devices N,N,...] [--batch N] [--readings N]

          --devices N,...   sizes of the fleet; 1000,5000,10000,100000 by default
          --batch N         events per batch, as host.json's maxEventBatchSize; 1000 by default
          --readings N      readings per measurement; 40000 by default
          --through-host N  readings sent through hub, host and worker as well; 200000 by default
        """;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var sizes = options.Numbers("--devices", "1000,5000,10000,100000");
        var batch = options.Number("--batch", 1000);
        var readings = options.Number("--readings", 40000);
        Console.WriteLine($"{"devices",8} {"storage",9} {"readings/s",11} {"requests per 1,000",19} {"KB per 1,000",13} {"bytes per device",17} {"resident",9} {"whole shards read in s",23} {"sweep of 100 due: requests",27} {"ms",6}");
        foreach (var size in sizes)
            await MeasureAsync(size, batch, readings);
        Console.WriteLine($"one reading per event, batches of {batch}, {new DeviceStateOptions().ShardCount} shards, {Partitions} partitions; requests are what the storage account bills; " +
            "memory: tables in a process beside this one, as the emulator goes through a whole table for a query");
        await ThroughHost.MeasureAsync(sizes[0], options.Number("--through-host", 200_000));
        return 0;
    }

    private static async Task MeasureAsync(int size, int batch, int readings)
    {
        if (size > MaxEmulated)
        {
            await MeasureInMemoryAsync(size, batch, readings);
            return;
        }

        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        using var http = new HttpClient();
        var programs = new StackPrograms(StackLayout.OfThisBuild(state), StackPorts.Free(), StackSecrets.Open(state), http);
        var azurite = new Supervised(programs.Storage(), state, TimeProvider.System, Console.Error.WriteLine);
        await azurite.StartAsync(CancellationToken.None);
        try
        {
            await RunAsync("emulator", programs.StorageConnection, size, batch, readings);
        }
        finally
        {
            await azurite.DisposeAsync();
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureInMemoryAsync(int size, int batch, int readings)
    {
        var port = StackPorts.Free().Tables;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ProcessBenchmark).Assembly.Location, "memory-tables", $"{port}"]))!;
        try
        {
            await RunAsync("memory", MemoryTables.ConnectionString(port), size, batch, readings);
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task RunAsync(string storage, string connection, int size, int batch, int readings)
    {
        var count = new StorageCount();
        var options = new TableClientOptions();
        options.AddPolicy(count, HttpPipelinePosition.PerRetry);
        var tables = new TableServiceClient(connection, options);
        await new CreateTables(tables).StartAsync(CancellationToken.None);
        var fleet = new KnownFleet(size);
        var policies = new DevicePolicies(fleet);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meter = new TelemetryMeter(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System);
        var states = new TableDeviceStates(
            tables, new OutboxRelay(new NoAlerts(), NullLogger<OutboxRelay>.Instance), NoLetters.Damaged, Options.Create(new DeviceStateOptions()));
        var process = new ApplyTelemetry(states, new NoLetters(), policies, meter);
        var queues = Enumerable.Range(0, Partitions)
            .Select(p => fleet.Ids.Where(id => HubPartition.Of(id, Partitions) == p).ToArray()).ToArray();
        var sequence = 0L;
        var heard = new long[Partitions];
        var start = TimeProvider.System.GetUtcNow().AddHours(-1);

        // Every device heard once: what follows is the steady state.
        Console.Error.WriteLine($"{size:N0} devices: hearing each once");
        await FeedAsync(size);
        Console.Error.WriteLine($"{size:N0} devices: measuring");
        var (requests, bytes) = (count.Requests, count.Bytes);
        var clock = Stopwatch.StartNew();
        await FeedAsync(readings);
        var elapsed = clock.Elapsed;
        var perThousand = (count.Requests - requests) * 1000.0 / readings;
        var kilobytes = (count.Bytes - bytes) / 1024.0 * 1000 / readings;

        var (loading, held, resident) = await LoadAsync(tables);
        var (sweepRequests, sweepTime) = await SweepAsync(states, policies, fleet, tables, count, start);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{size,8} {storage,9} {readings / elapsed.TotalSeconds,11:N0} {perThousand,19:N1} {kilobytes,13:N0} {held / size,17:N0} {resident / size,9:N0} {loading.TotalSeconds,23:N2} {sweepRequests,27:N0} {sweepTime.TotalMilliseconds,6:N0}"));

        async Task FeedAsync(int total)
        {
            // Partitions are processed beside each other, the batches of one in order.
            await Task.WhenAll(Enumerable.Range(0, Partitions).Select(async partition =>
            {
                var ids = queues[partition];
                for (var at = 0; at < total / Partitions; at += batch)
                {
                    var events = Enumerable.Range(at, Math.Min(batch, total / Partitions - at))
                        .Select(i => Event(ids[i % ids.Length], Interlocked.Increment(ref sequence), heard[partition]++ / ids.Length, start)).ToArray();
                    await process.RunAsync(partition, events, CancellationToken.None);
                }
            }));
        }
    }

    /// <summary>What a process that starts reads before it can take in the first batch of each shard, and then holds in memory.</summary>
    private static async Task<(TimeSpan Elapsed, long ManagedBytes, long ResidentBytes)> LoadAsync(TableServiceClient tables)
    {
        var (resident, managed) = (Resident(), GC.GetTotalMemory(forceFullCollection: true));
        var states = new TableDeviceStates(
            tables, new OutboxRelay(new NoAlerts(), NullLogger<OutboxRelay>.Instance), NoLetters.Damaged, Options.Create(new DeviceStateOptions()));
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, states.ShardCount, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (shard, cancellation) =>
        {
            await using var whole = await states.OpenAsync(shard, whole: true, cancellation);
        });
        var elapsed = clock.Elapsed;
        var use = (elapsed, GC.GetTotalMemory(forceFullCollection: true) - managed, Resident() - resident);
        GC.KeepAlive(states);
        return use;
    }

    /// <summary>After the collector gave back what it held in reserve.</summary>
    private static long Resident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet;
    }

    /// <summary>Makes 100 devices due and lets the sweep judge them, whatever the size of the fleet.</summary>
    private static async Task<(long Requests, TimeSpan Elapsed)> SweepAsync(
        TableDeviceStates states, DevicePolicies policies, KnownFleet fleet, TableServiceClient tables, StorageCount count, DateTimeOffset start)
    {
        foreach (var id in fleet.Ids.Take(Due))
        {
            await using var shard = await states.OpenAsync(states.ShardOf(id), whole: false, CancellationToken.None);
            var record = await shard.GetAsync(id, CancellationToken.None);
            await shard.TryCommitAsync([new(id, record with { DueAt = start.AddDays(-1) }, [])], CancellationToken.None);
        }

        var groups = new SweepGroups(
            new TableGroupStates(tables, new OutboxRelay(new NoAlerts(), NullLogger<OutboxRelay>.Instance)), states, policies, new(states, policies), new());
        var sweep = new JudgeSilences(states, new JustNow(start.AddHours(-1)), new JustNow(start), policies, groups, TimeProvider.System);
        var before = count.Requests;
        var clock = Stopwatch.StartNew();
        var judged = await sweep.RunAsync(CancellationToken.None);
        if (judged != Due)
            throw new InvalidOperationException($"The sweep judged {judged} devices instead of {Due}.");
        return (count.Requests - before, clock.Elapsed);
    }

    private static HubEvent Event(string deviceId, long sequence, long counter, DateTimeOffset start) => new()
    {
        SequenceNumber = sequence,
        EnqueuedAt = start.AddMilliseconds(sequence * 10),
        DeviceId = deviceId,
        ContentType = "application/json",
        Body = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$$"""{"seq":{{{counter}}},"battery":{"percent":81.5,"voltage":3.92},"link":{"rssi":-71,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""")),
    };

    private sealed class NoAlerts : IAlertQueue
    {
        public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class JustNow(DateTimeOffset at) : IProcessedWatermarks, IBackendGaps
    {
        public Task<IReadOnlyList<DateTimeOffset?>> ReadAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DateTimeOffset?>>([at, at, at, at]);

        public Task<DateTimeOffset> BeatAsync(CancellationToken cancellationToken) => Task.FromResult(at);

        public Task SweptAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Missed()
        {
        }
    }
}
