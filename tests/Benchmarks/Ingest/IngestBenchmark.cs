using System.Diagnostics;
using System.Globalization;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Ingest;

/// <summary>Devices' requests against the whole stack, each answered after the hub's fsync, beside a bare endpoint in the same run.</summary>
internal static class IngestBenchmark
{
    private const string Help = """
        scripts/bench ingest [--connections N] [--seconds N]

          --connections N   keep-alive connections, each one device with one request under way; 64 by default
          --seconds N       length of each measurement; 10 by default
        """;

    public static async Task<int> RunAsync(string[] options)
    {
        if (options.Contains("--help"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var connections = Option(options, "--connections", 64);
        var duration = TimeSpan.FromSeconds(Option(options, "--seconds", 10));
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            await MeasureAsync(state, connections, duration);
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureAsync(string state, int connections, TimeSpan duration)
    {
        var use = Path.Combine(state, "use.json");
        var layout = StackLayout.OfThisBuild(state);
        var secrets = StackSecrets.Open(state);
        var settings = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(IngestBenchmark).Assembly.Location,
            [ProcessUse.FileVariable] = use,
            // Each of the few devices here sends as much as hundreds would.
            ["Ingest__ReadingsPerSecond"] = "0",
        };
        Console.Error.WriteLine("starting the stack");
        await using var stack = new LocalStack(layout, StackPorts.Free(), secrets, settings, TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        Console.Error.WriteLine($"registering {connections} devices");
        var devices = await Task.WhenAll(Enumerable.Range(0, connections)
            .Select(i => api.RegisterAsync($"bench-{i:D4}", new { reportingInterval = "PT1M" }, null, CancellationToken.None)));

        var barePort = StackPorts.Free().Functions;
        using var bare = Process.Start(new ProcessStartInfo("dotnet", [typeof(IngestBenchmark).Assembly.Location, "bare-endpoint", $"{barePort}"]))!;
        await WaitAsync(barePort);
        var functions = ProcessCost.Find("IoTBackend.Functions.dll", state);
        var rows = new List<string>();
        try
        {
            foreach (var readings in new[] { 1, 100 })
            {
                var requests = Requests(devices, readings);
                // A round to warm up, then bare and ours in turn.
                await HttpLoad.RunAsync(barePort, requests, TimeSpan.FromSeconds(3));
                await HttpLoad.RunAsync(stack.Ports.Functions, requests, TimeSpan.FromSeconds(5));
                Console.Error.WriteLine($"measuring {readings} per request");
                var bareBefore = ProcessCost.Of(bare.Id);
                var bareResult = await HttpLoad.RunAsync(barePort, requests, duration);
                var bareAfter = ProcessCost.Of(bare.Id);
                rows.Add(Row($"bare endpoint, {readings} per request", bareResult, bareResult, readings, bareBefore, bareAfter));
                var before = ProcessCost.Of(functions, use);
                var result = await HttpLoad.RunAsync(stack.Ports.Functions, requests, duration);
                var after = ProcessCost.Of(functions, use);
                rows.Add(Row($"ingest, durable, {readings} per request", result, bareResult, readings, before, after));
            }
        }
        finally
        {
            bare.Kill();
        }

        Console.WriteLine($"{"",-38} {"requests/s",10} {"readings/s",10} {"ratio",6} {"p50 ms",7} {"p99 ms",7} {"CPU us/req",10} {"alloc B/req",11} {"refused",7}");
        rows.ForEach(Console.WriteLine);
        Console.WriteLine($"{connections} connections, {duration.TotalSeconds} s each; CPU and allocations are of the whole process, processing of the same readings included");
    }

    private static List<byte[][]> Requests(DeviceCredential[] devices, int readings)
    {
        var expiry = TimeProvider.System.GetUtcNow().AddHours(1);
        return [.. devices.Select(device => new[]
        {
            HttpLoad.Request(device.DeviceId, DeviceToken.Sign(device.DeviceId, device.Key, expiry), Body(readings)),
        })];
    }

    private static string Body(int readings)
    {
        const string Reading = """{"seq":41,"battery":{"percent":81.5,"voltage":3.92},"link":{"rssi":-71,"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""";
        return readings == 1 ? Reading : "[" + string.Join(',', Enumerable.Repeat(Reading, readings)) + "]";
    }

    private static string Row(string name, LoadResult result, LoadResult bare, int readings, ProcessCost before, ProcessCost after)
    {
        var requests = Math.Max(1, result.Requests + result.Refused);
        var allocated = after.AllocatedBytes - before.AllocatedBytes;
        return string.Create(CultureInfo.InvariantCulture,
            $"{name,-38} {result.PerSecond,10:N0} {result.PerSecond * readings,10:N0} {result.PerSecond / bare.PerSecond,6:N2} {result.Milliseconds(0.5),7:N2} {result.Milliseconds(0.99),7:N2} {(after.Cpu - before.Cpu).TotalMicroseconds / requests,10:N0} {(allocated is { } bytes ? $"{bytes / requests:N0}" : "-"),11} {result.Refused,7}");
    }

    private static async Task WaitAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new System.Net.Sockets.TcpClient();
                await client.ConnectAsync(System.Net.IPAddress.Loopback, port);
                return;
            }
            catch (System.Net.Sockets.SocketException) when (attempt < 100)
            {
                await Task.Delay(100);
            }
        }
    }

    private static int Option(string[] options, string name, int otherwise) =>
        Array.IndexOf(options, name) is var at and >= 0 && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
