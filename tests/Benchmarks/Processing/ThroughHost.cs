using System.Diagnostics;
using System.Globalization;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Simulator;
using IoTBackend.Stack;
using Microsoft.Extensions.Options;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>
/// The same from a full hub: the SDK's client in the host, the protocol to the worker, the function, storage. The worker is halted while
/// the hub is filled, so that what is measured has all of it before it.
/// </summary>
internal static class ThroughHost
{
    /// <param name="devices">Registered, and heard once before.</param>
    /// <param name="readings">One to an event.</param>
    public static async Task MeasureAsync(int devices, int readings)
    {
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        var secrets = StackSecrets.Open(state);
        var useFile = Path.Combine(state, "use.json");
        var settings = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(ThroughHost).Assembly.Location,
            [ProcessUse.FileVariable] = useFile,
            [ProcessUse.CountVariable] = "1",
        };
        Console.Error.WriteLine($"through host and worker: starting, {devices:N0} devices");
        var stack = new LocalStack(StackLayout.OfThisBuild(state), StackPorts.Free(), secrets, settings, TimeProvider.System, Console.Error.WriteLine);
        try
        {
            await stack.StartAsync(CancellationToken.None);
            using var http = new HttpClient { BaseAddress = stack.Programs.Api };
            var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
            await Parallel.ForAsync(0, devices, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancel) =>
                await api.RegisterAsync(Id(i), new { reportingInterval = "PT1M" }, null, cancel));
            await using var hub = new HubTelemetryLog(new EventHubProducerClient(stack.Programs.HubConnection, StackPrograms.Hub), Options.Create(new EventHubOptions()), TimeProvider.System);
            await SendAsync(hub, devices, devices);
            await ProcessedAsync(api);

            await ProcessCost.SignalAsync("-STOP", stack.ProcessIdOf("worker"));
            await SendAsync(hub, devices, readings);
            var (hostBefore, workerBefore, before) = (ProcessCost.Of(stack.ProcessIdOf("functions")), ProcessCost.Of(stack.ProcessIdOf("worker")), ProcessUse.ReadBoth(useFile));
            var clock = Stopwatch.StartNew();
            await ProcessCost.SignalAsync("-CONT", stack.ProcessIdOf("worker"));
            await ProcessedAsync(api);
            var elapsed = clock.Elapsed;
            await Task.Delay(500);
            var (host, worker, after) = (ProcessCost.Of(stack.ProcessIdOf("functions")), ProcessCost.Of(stack.ProcessIdOf("worker")), ProcessUse.ReadBoth(useFile));
            var requests = after.Counted!.Requests.Sum(one => IsStorage(one.Key, stack.Ports) ? one.Value - before.Counted!.Requests.GetValueOrDefault(one.Key) : 0);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"through host and worker, {devices:N0} devices: {readings / elapsed.TotalSeconds:N0} readings/s; {requests * 1000.0 / readings:N1} storage requests per 1,000, the archive's and the host's own among them; CPU us a reading: host {(host - hostBefore).Cpu.TotalMicroseconds / readings:N1}, worker {(worker - workerBefore).Cpu.TotalMicroseconds / readings:N1}; resident: host {host.ResidentBytes >> 20} MB, worker {worker.ResidentBytes >> 20} MB"));
        }
        finally
        {
            await stack.DisposeAsync();
            Directory.Delete(state, recursive: true);
        }
    }

    private static string Id(int device) => $"bench-{device:D6}";

    /// <summary>Each device in turn.</summary>
    private static async Task SendAsync(HubTelemetryLog hub, int devices, int readings)
    {
        const int UnderWay = 4000;
        var body = """{"battery":{"percent":81.5,"voltage":3.92},"link":{"rssi":-71,"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}"""u8.ToArray();
        for (var sent = 0; sent < readings; sent += UnderWay)
        {
            var from = sent;
            await Task.WhenAll(Enumerable.Range(0, Math.Min(UnderWay, readings - sent))
                .Select(i => hub.AppendAsync(new(Id((from + i) % devices), body, TelemetryFormat.Json, TraceParent: null), CancellationToken.None).AsTask()));
        }
    }

    private static async Task ProcessedAsync(BackendApi api)
    {
        while (true)
        {
            var status = await api.OperateAsync(HttpMethod.Get, "status", null, CancellationToken.None);
            if (status!["partitions"]!.AsArray().All(partition => (long)partition!["lag"]! == 0))
                return;
            await Task.Delay(100);
        }
    }

    private static bool IsStorage(string request, StackPorts ports) =>
        int.Parse(request[..request.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture) is var port && (port == ports.Blobs || port == ports.Queues || port == ports.Tables);
}
