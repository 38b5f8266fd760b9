using System.Diagnostics;
using System.Text.Json;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Cost;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>A stack with the settings of infra/main.bicep for a profile, and the hook that counts what its functions use.</summary>
internal sealed class MeasuredStack : IAsyncDisposable
{
    /// <summary>Longer than telemetry may wait for company, so that batches have found their size.</summary>
    private readonly TimeSpan _settling;

    /// <summary>Declared, so that no device falls due within a measurement: what that costs is reckoned apart.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private readonly string _state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
    private readonly HttpClient _http = new();
    private readonly StackSecrets _secrets;
    private readonly LocalStack _stack;
    private PacedLoad? _load;

    public MeasuredStack(Profile profile)
    {
        _settling = TimeSpan.FromSeconds(profile.BatchSeconds + 4);
        _secrets = StackSecrets.Open(_state);
        var settings = new Dictionary<string, string>
        {
            // As in Azure, where the app exports: its worker names the functions in its activities only then. Nobody listens there.
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9",
            ["DOTNET_STARTUP_HOOKS"] = typeof(MeasuredStack).Assembly.Location,
            [ProcessUse.FileVariable] = UseFile,
            [ProcessUse.CountVariable] = "1",
            ["SweepSchedule"] = "0 * * * * *",
            ["Sweep__GapAfter"] = "00:03:00",
            ["ReconcileSchedule"] = "0 */15 * * * *",
            ["AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize"] = "1000",
            ["AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime"] = $"00:00:{profile.BatchSeconds}",
            [StackPrograms.PollingInterval] = $"00:00:{profile.QueuePollingSeconds:00}",
            ["DeviceStates__ShardCount"] = $"{profile.Shards}",
            ["Ingest__ReadingsPerSecond"] = "0",
        };
        _stack = new(StackLayout.OfThisBuild(_state), StackPorts.Free(), _secrets, settings, TimeProvider.System, _ => { });
        _stack.Programs.Partitions = profile.Partitions;
    }

    private string UseFile => Path.Combine(_state, "use.json");

    public async Task StartAsync()
    {
        await _stack.StartAsync(CancellationToken.None);
        await Task.Delay(_settling);
    }

    /// <summary>Straight into the table, as a registration leaves them, and heard once: a first reading costs more than those that follow.</summary>
    public async Task RegisterAsync(int count)
    {
        Console.Error.WriteLine($"registering {count:N0} devices");
        var keys = new DeviceKeys(Convert.FromBase64String(_secrets.MasterKey));
        var table = new TableServiceClient(_stack.Programs.StorageConnection).GetTableClient(TableNames.Devices);
        var devices = new DeviceCredential[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancellation) =>
        {
            var device = new Device
            {
                Id = $"cost-{i:D6}",
                ReportingInterval = Interval,
                KeyGeneration = DeviceKeys.FirstGeneration,
                RegisteredAt = TimeProvider.System.GetUtcNow(),
            };
            await table.AddEntityAsync(
                new TableEntity(device.Id, "device") { ["Document"] = JsonSerializer.Serialize(device, WireJson.Options), ["Deleted"] = false }, cancellation);
            devices[i] = new(device.Id, keys.Of(device.Id, device.KeyGeneration).PrimaryKey);
        });
        _load = new(_stack.Ports.Functions, devices);
        await _load.RunAsync(double.PositiveInfinity, count, 1, CancellationToken.None);
        await CaughtUpAsync();
    }

    public async Task<MeasuredPoint> MeasureAsync(int devices, int perHour, int perRequest, int senders, TimeSpan duration)
    {
        using var stop = new CancellationTokenSource();
        var sending = devices == 0 ? Task.CompletedTask : _load!.RunAsync(devices * (double)perHour / 3600 / perRequest, long.MaxValue, perRequest, stop.Token);
        await Task.Delay(_settling);
        var (_, processedBefore) = await ProgressAsync();
        var (before, acceptedBefore, clock) = (Read(), _load?.Accepted ?? 0, Stopwatch.StartNew());
        await Task.Delay(duration);
        var (after, accepted, elapsed) = (Read(), (_load?.Accepted ?? 0) - acceptedBefore, clock.Elapsed);
        var (_, processed) = await ProgressAsync();
        await stop.CancelAsync();
        await sending;
        if (_load?.Refused > 0)
            Console.Error.WriteLine($"{_load.Refused} requests of this fleet were refused so far");
        await CaughtUpAsync();
        var (was, now) = (before.Counted!, after.Counted!);
        return new(
            devices, perHour, senders, Math.Round((decimal)elapsed.TotalSeconds, 1), accepted * perRequest, Math.Round((decimal)(after.CpuSeconds - before.CpuSeconds), 2),
            Difference(was.Runs, now.Runs), Seconds(was.BusySeconds, now.BusySeconds), Seconds(was.BilledSeconds, now.BilledSeconds),
            // What host and worker say to each other is no request to storage.
            Difference(was.Requests, now.Requests).Select(r => (Name: Service(r.Key), r.Value)).Where(r => !r.Name.StartsWith("other", StringComparison.Ordinal)).ToDictionary(r => r.Name, r => r.Value),
            Difference(was.SentBytes, now.SentBytes).Where(r => r.Key.Contains(" archive ", StringComparison.Ordinal)).Sum(r => r.Value),
            now.Spans - was.Spans, perRequest, (processed - processedBefore) * perRequest);
    }

    public async ValueTask DisposeAsync()
    {
        await _stack.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private ProcessUse Read() => ProcessUse.ReadBoth(UseFile);

    /// <summary>Waits until everything that was sent is stored, or for a minute and a half.</summary>
    private async Task CaughtUpAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(90); await Task.Delay(1000))
        {
            if ((await ProgressAsync()).Lag == 0)
                return;
        }

        Console.Error.WriteLine("the processor is behind");
    }

    private async Task<(long Lag, long Processed)> ProgressAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_stack.Programs.Api, "status"));
        request.Headers.Add("x-functions-key", _secrets.OperatorKey);
        using var response = await _http.SendAsync(request);
        using var status = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        var partitions = status.RootElement.GetProperty("partitions").EnumerateArray().ToList();
        return (partitions.Sum(p => p.GetProperty("lag").GetInt64()), partitions.Sum(p => p.GetProperty("processed").GetInt64()));
    }

    private string Service(string request)
    {
        var at = request.IndexOf(' ', StringComparison.Ordinal);
        var port = int.Parse(request[..at], null);
        var service = port == _stack.Ports.Tables ? "tables" : port == _stack.Ports.Queues ? "queues" : port == _stack.Ports.Blobs ? "blobs" : "other";
        return service + request[at..];
    }

    private static SortedDictionary<string, long> Difference(Dictionary<string, long> before, Dictionary<string, long> after) =>
        new(after.Select(a => (a.Key, Value: a.Value - before.GetValueOrDefault(a.Key))).Where(d => d.Value > 0).ToDictionary(d => d.Key, d => d.Value), StringComparer.Ordinal);

    private static SortedDictionary<string, decimal> Seconds(Dictionary<string, double> before, Dictionary<string, double> after) =>
        new(after.Select(a => (a.Key, Value: Math.Round((decimal)(a.Value - before.GetValueOrDefault(a.Key)), 3))).Where(d => d.Value > 0).ToDictionary(d => d.Key, d => d.Value), StringComparer.Ordinal);
}
