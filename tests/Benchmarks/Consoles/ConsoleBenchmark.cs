using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Consoles;

/// <summary>
/// The console in Chromium on the running stack with a large fleet: until the page shows something of use and what it loads for that, from the last letter of a
/// filter to its rows on the screen, and a plot of many points. Beside each what it is held to.
/// </summary>
internal static class ConsoleBenchmark
{
    public const string Help = """
        scripts/bench console [--devices N] [--filters N] [--points N]

          --devices N    registered, each with a reading; 50000 by default
          --filters N    filters typed; 100 by default
          --points N     points in one plot; 100000 by default
        """;

    private const int AtOnce = 32;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var (devices, filters, points) = (options.Number("--devices", 50_000), options.Number("--filters", 100), options.Number("--points", 100_000));
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            var secrets = StackSecrets.Open(state);
            var layout = StackLayout.OfThisBuild(state);
            await using var stack = new LocalStack(layout, StackPorts.Free(), secrets, new Dictionary<string, string>(), TimeProvider.System, Console.Error.WriteLine);
            await stack.StartAsync(CancellationToken.None);
            using var http = new HttpClient { BaseAddress = stack.Programs.Api };
            await FillAsync(stack, new(http, secrets.OperatorKey, TimeProvider.System), devices);
            return await BrowseAsync(layout, new { url = stack.Programs.Api.GetLeftPart(UriPartial.Authority), key = secrets.OperatorKey, devices, filters, points });
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    /// <summary>Straight into the table, as registrations leave them; their readings by HTTP, until the last is processed.</summary>
    private static async Task FillAsync(LocalStack stack, BackendApi api, int devices)
    {
        await api.OperateAsync(HttpMethod.Put, "fleet/models/pump", new { platform = "linux/arm64", reportingInterval = "PT1H" }, CancellationToken.None);
        var keys = new DeviceKeys(Convert.FromBase64String(stack.Secrets.MasterKey));
        var table = new TableServiceClient(stack.Programs.StorageConnection).GetTableClient(TableNames.Devices);
        var done = 0;
        await Parallel.ForAsync(0, devices, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancel) =>
        {
            var device = new Device
            {
                Id = $"pump-{i:D6}",
                Model = "pump",
                Groups = [$"site-{i % 50:D2}"],
                KeyGeneration = DeviceKeys.FirstGeneration,
                RegisteredAt = TimeProvider.System.GetUtcNow(),
            };
            await table.AddEntityAsync(new TableEntity(device.Id, "device") { ["Document"] = JsonSerializer.Serialize(device, WireJson.Options), ["Deleted"] = false }, cancel);
            using var sent = await api.CallAsync(
                new(device.Id, keys.Of(device.Id, device.KeyGeneration).PrimaryKey), HttpMethod.Post, "telemetry",
                JsonContent.Create(new { seq = 1, battery = new { percent = 20 + (i % 80) }, link = new { rssi = -60 - (i % 40) } }), cancel);
            sent.EnsureSuccessStatusCode();
            if (Interlocked.Increment(ref done) % 10_000 == 0)
                Console.Error.WriteLine($"{done:N0} devices have reported");
        });
        while ((await api.OperateAsync(HttpMethod.Get, "status", null, CancellationToken.None))!["partitions"]!.AsArray().Any(partition => (long)partition!["lag"]! > 0))
            await Task.Delay(1000);
    }

    private static async Task<int> BrowseAsync(StackLayout layout, object input)
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["bench.mjs"])
        {
            WorkingDirectory = Path.Combine(layout.Root, "clients", "console", "tests"),
            RedirectStandardInput = true,
        })!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(input));
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        return node.ExitCode;
    }
}
