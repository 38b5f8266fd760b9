using System.Diagnostics;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;

namespace IoTBackend.Benchmarks.Hub;

/// <summary>The emulator as a program of its own, with the client the backend uses.</summary>
internal sealed class HubUnderTest : IAsyncDisposable
{
    private static readonly byte[] Body = new byte[HubBenchmark.BodyBytes];
    private readonly string _data;
    private Process _process;
    private string _connection;

    private HubUnderTest(string data, Process process, int port) => (_data, _process, _connection) = (data, process, ConnectionTo(port));

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Processor time used so far by this process, the client, and by the hub.</summary>
    public (TimeSpan Client, TimeSpan Hub) ProcessorTime
    {
        get
        {
            _process.Refresh();
            return (Environment.CpuUsage.TotalTime, _process.TotalProcessorTime);
        }
    }

    public static async Task<HubUnderTest> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("bench-hub-").FullName;
        var (process, port) = await LaunchAsync(data);
        return new(data, process, port);
    }

    /// <summary>Kills the hub and starts it again on what it has stored: how much that is, and how long until it accepts connections.</summary>
    public async Task<(long Events, TimeSpan Start)> RestartAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        var clock = Stopwatch.StartNew();
        var (process, port) = await LaunchAsync(_data);
        var start = clock.Elapsed;
        (_process, _connection) = (process, ConnectionTo(port));
        await using var producer = new EventHubProducerClient(_connection);
        var events = 0L;
        for (var i = 0; i < HubBenchmark.Partitions; i++) events += (await producer.GetPartitionPropertiesAsync($"{i}")).LastEnqueuedSequenceNumber + 1;
        return (events, start);
    }

    private static string ConnectionTo(int port) =>
        $"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;EntityPath=telemetry";

    private static async Task<(Process Process, int Port)> LaunchAsync(string data)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "IoTBackend.EventHubEmulator.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--port", "0", "--health-port", "off", "--data", data]) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            if (line.StartsWith("ready ", StringComparison.Ordinal)) return (process, int.Parse(line.Split(':')[^1], null));
        throw new InvalidOperationException("the emulator did not start");
    }

    /// <summary>Acknowledged events per second.</summary>
    public async Task<double> SendAsync(int perBatch, int underWay, TimeSpan duration)
    {
        await using var producer = new EventHubProducerClient(_connection);
        await SendForAsync(producer, perBatch, underWay, TimeSpan.FromSeconds(1));
        return await SendForAsync(producer, perBatch, underWay, duration);
    }

    /// <summary>Events per second out of what <see cref="SendAsync"/> left.</summary>
    public async Task<double> ReceiveAsync(TimeSpan duration)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, HubBenchmark.Partitions).Select(partition => Task.Run(() => ReadForAsync($"{partition}", duration))));
        return counts.Sum(count => count.Events / count.Seconds);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private static async Task<double> SendForAsync(EventHubProducerClient producer, int perBatch, int underWay, TimeSpan duration)
    {
        var sent = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, underWay).Select(async _ =>
        {
            while (clock.Elapsed < duration)
            {
                using var batch = await producer.CreateBatchAsync();
                for (var i = 0; i < perBatch; i++) batch.TryAdd(new EventData(Body));
                await producer.SendAsync(batch);
                Interlocked.Add(ref sent, perBatch);
            }
        }));
        return sent / clock.Elapsed.TotalSeconds;
    }

    private async Task<(long Events, double Seconds)> ReadForAsync(string partition, TimeSpan duration)
    {
        await using var receiver = new PartitionReceiver("$Default", partition, EventPosition.Earliest, _connection, new() { PrefetchCount = 2000 });
        var events = 0L;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            var got = ((IReadOnlyCollection<EventData>)await receiver.ReceiveBatchAsync(1000, TimeSpan.FromMilliseconds(500))).Count;
            if (got == 0) break;
            events += got;
        }
        return (events, clock.Elapsed.TotalSeconds);
    }
}
