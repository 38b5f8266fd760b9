using System.Globalization;
using System.Text.Json;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>
/// What Azure would bill per 1,000 readings, counted on the running stack with the settings of the templates: 1,000 devices
/// that send one reading a minute each. Polling and timers are in it, so larger fleets use less per reading.
/// </summary>
internal static class CostMeasurement
{
    private const int Devices = 1000;

    private const string Help = """
        scripts/bench cost [--seconds N]

          --seconds N   length of the measurement; 120 by default
        """;

    public static async Task<int> RunAsync(string[] options)
    {
        if (options.Contains("--help"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        var at = Array.IndexOf(options, "--seconds");
        var duration = TimeSpan.FromSeconds(at < 0 ? 120 : int.Parse(options[at + 1], CultureInfo.InvariantCulture));
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            await MeasureAsync(state, duration);
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureAsync(string state, TimeSpan duration)
    {
        var use = Path.Combine(state, "use.json");
        var layout = StackLayout.OfThisBuild(state);
        var secrets = StackSecrets.Open(state);
        var settings = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(CostMeasurement).Assembly.Location,
            [ProcessUse.FileVariable] = use,
            [ProcessUse.CountVariable] = "1",
            // As infra/main.bicep sets them for dev.
            ["SweepSchedule"] = "0 * * * * *",
            ["Sweep__GapAfter"] = "00:03:00",
            ["AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize"] = "1000",
            ["AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime"] = "00:00:10",
            // host.json's own, which the local stack shortens.
            [StackPrograms.PollingInterval] = "00:00:02",
        };
        Console.Error.WriteLine("starting the stack");
        await using var stack = new LocalStack(layout, StackPorts.Free(), secrets, settings, TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        Console.Error.WriteLine($"registering {Devices} devices");
        var devices = new DeviceCredential[Devices];
        await Parallel.ForAsync(0, Devices, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
            devices[i] = await api.RegisterAsync($"cost-{i:D4}", new { reportingInterval = "PT1M" }, null, cancellation));

        // Every device heard once: the first reading of a device costs more than those that follow.
        Console.Error.WriteLine("hearing every device once");
        foreach (var chunk in devices.Chunk(50))
            await Task.WhenAll(chunk.Select(d => SendAsync(api, d, 0)));
        await Task.Delay(TimeSpan.FromSeconds(20));

        Console.Error.WriteLine($"measuring for {duration.TotalSeconds} s");
        var (before, sent) = (ProcessUse.Read(use)!, 0);
        using var pace = new PeriodicTimer(TimeSpan.FromMinutes(1) / Devices);
        var end = TimeProvider.System.GetUtcNow() + duration;
        var pending = new List<Task>();
        while (TimeProvider.System.GetUtcNow() < end && await pace.WaitForNextTickAsync())
            pending.Add(SendAsync(api, devices[sent % Devices], 1 + (sent++ / Devices)));
        await Task.WhenAll(pending);
        await Task.Delay(TimeSpan.FromSeconds(15));
        var after = ProcessUse.Read(use)!;

        decimal Per1000(long count) => Math.Round(count * 1000m / sent, 1);
        decimal Requests(int port) => Per1000(after.RequestsByPort.GetValueOrDefault(port) - before.RequestsByPort.GetValueOrDefault(port));
        var measured = new Measured(
            Requests(stack.Ports.Tables), Requests(stack.Ports.Queues), Requests(stack.Ports.Blobs),
            Per1000(after.Executions - before.Executions - sent), Body(0).Length + EnvelopeBytes, TimeProvider.System.GetUtcNow());
        var file = Path.Combine(layout.Root, "infra", "measured.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(measured, Indented) + "\n");
        Console.WriteLine($"{sent} readings of {Devices} devices in {duration.TotalSeconds} s; per 1,000 readings:");
        Console.WriteLine(JsonSerializer.Serialize(measured, Indented));
    }

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Device id, content type, annotations and framing of one event, as the hub stores it (measured: 383 bytes on disk for 256 of body).</summary>
    private const int EnvelopeBytes = 127;

    private static string Body(int counter) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"seq":{{{counter}}},"battery":{"percent":81.5,"voltage":3.92},"link":{"rssi":-71,"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""");

    private static async Task SendAsync(BackendApi api, DeviceCredential device, int counter)
    {
        using var content = new StringContent(Body(counter), System.Text.Encoding.UTF8, "application/json");
        using var response = await api.CallAsync(device, HttpMethod.Post, "telemetry", content, CancellationToken.None);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The fields of <c>infra/cost/Measurement.cs</c>.</summary>
    private sealed record Measured(
        decimal TableTransactionsPer1000, decimal QueueOperationsPer1000, decimal BlobOperationsPer1000,
        decimal ExecutionsPer1000, decimal IngressBytesPerReading, DateTimeOffset MeasuredAt);
}
