using System.Diagnostics;
using System.Globalization;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Latency;

/// <summary>
/// From a device's request to the operator's webhook, on the running stack: alone, beside a fleet that reports, and beside one
/// device that sends 1,000 readings a second.
/// </summary>
internal static class LatencyBenchmark
{
    private const int DevicesPerConnection = 8;

    private static readonly string[] Programs = ["functions", "worker", "hub", "azurite"];

    public const string Help = """
        scripts/bench latency [--seconds N] [--rate N] [--per-request N] [--alerts N] [--connections N]

          --seconds N       length of each row; 40 by default
          --rate N          readings a second of the fleet that reports meanwhile; 2000 by default
          --per-request N   readings in one request of that fleet; 1 by default
          --alerts N        batteries that fail in each row, each of a device of its own, told by ten channels in turn; 40 by default.
                            More than one a second on a channel is a storm, told together
          --connections N   keep-alive connections of that fleet, 8 devices each; 64 by default
        """;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var plan = new Plan(
            options.Seconds("--seconds", 40), options.Number("--rate", 2000), options.Number("--per-request", 1),
            options.Number("--alerts", 40), options.Number("--connections", 64));
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            await MeasureAsync(state, plan);
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureAsync(string state, Plan plan)
    {
        var secrets = StackSecrets.Open(state);
        Console.Error.WriteLine("starting the stack");
        await using var stack = new LocalStack(
            StackLayout.OfThisBuild(state), StackPorts.Free(), secrets, new Dictionary<string, string>(), TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        await using var alerts = await AlertWatch.StartAsync(api, secrets.AlertSecret);
        await api.OperateAsync(HttpMethod.Put, "fleet/models/bench", new { battery = new { lowPercent = 20, criticalPercent = 10 } }, CancellationToken.None);

        var fleet = Requests(await RegisterAsync(api, "fleet", plan.Connections * DevicesPerConnection), plan);
        var noisy = new NoisyDevice(api, (await RegisterAsync(api, "noisy", 1))[0]);
        Func<Task<LoadResult?>> silence = () => Task.FromResult<LoadResult?>(null);
        Func<TimeSpan, Task<LoadResult?>> reports = async duration =>
            await HttpLoad.RunAsync(stack.Ports.Functions, fleet, duration, (double)plan.Rate / plan.PerRequest);
        // Compiles what is measured, and hears every device once.
        Console.Error.WriteLine("warming up");
        var warm = await RegisterAsync(api, "warm", 20);
        await alerts.PrepareAsync(warm);
        await Task.WhenAll(reports(TimeSpan.FromSeconds(8)), alerts.RunAsync(warm, TimeSpan.FromSeconds(8)));

        var rows = new List<(string Name, AlertLatencies Alerts, LoadResult? Load, Noise? Noise, WaitingWork Waiting, double[] Cores)>();
        await RowAsync("alone", _ => silence(), null);
        await RowAsync($"{plan.Rate:N0} readings/s", reports, null);
        await RowAsync("  and one noisy device, HTTP", reports, noisy.PostAsync);
        await RowAsync("  and one noisy device, AMQP", reports, noisy.SendAsync);
        Print(plan, rows);

        async Task RowAsync(string name, Func<TimeSpan, Task<LoadResult?>> load, Func<TimeSpan, Task<Noise>>? noise)
        {
            var devices = await RegisterAsync(api, $"row{rows.Count}", plan.Alerts);
            await alerts.PrepareAsync(devices);
            await Task.Delay(TimeSpan.FromSeconds(2));
            Console.Error.WriteLine($"measuring{(name[0] == ' ' ? ":" : "")} {name.Trim()}");
            var loading = load(plan.Duration + TimeSpan.FromSeconds(2));
            var making = noise?.Invoke(plan.Duration + TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromSeconds(1));
            var (before, started) = (Cpu(), Stopwatch.GetTimestamp());
            var told = alerts.RunAsync(devices, plan.Duration);
            var waiting = await WaitingWork.WatchAsync(api, told);
            var alerted = await told;
            var cores = Cores();
            rows.Add((name, alerted, await loading, making is null ? null : await making, waiting, cores));

            double[] Cores() => [.. Cpu().Zip(before, (now, then) => (now - then) / Stopwatch.GetElapsedTime(started))];
        }

        TimeSpan[] Cpu() => [.. Programs.Select(program => ProcessCost.Of(stack.ProcessIdOf(program)).Cpu)];
    }

    private static void Print(Plan plan, List<(string Name, AlertLatencies Alerts, LoadResult? Load, Noise? Noise, WaitingWork Waiting, double[] Cores)> rows)
    {
        Console.WriteLine($"{"",-30} {"alert p50 ms",12} {"p99 ms",8} {"max ms",8} {"p99 ratio",9} {"answer p50",10} {"p99 ms",8} {"missing",7} {"in hub",7} {"queued",6} {"cores: host, worker, hub, storage",33} {"readings/s",10} {"noise/s: sent, taken, 429",26}");
        var alone = AlertLatencies.Milliseconds(rows[0].Alerts.Told, 0.99);
        foreach (var (name, alerts, load, noise, waiting, cores) in rows)
        {
            var p99 = AlertLatencies.Milliseconds(alerts.Told, 0.99);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-30} {AlertLatencies.Milliseconds(alerts.Told, 0.5),12:N0} {p99,8:N0} {AlertLatencies.Milliseconds(alerts.Told, 1),8:N0} {p99 / alone,9:N2} {AlertLatencies.Milliseconds(alerts.Posted, 0.5),10:N0} {AlertLatencies.Milliseconds(alerts.Posted, 0.99),8:N0} {alerts.Missing,7} {waiting.Events,7} {waiting.Alerts,6} {string.Join(", ", cores.Select(c => c.ToString("N2", CultureInfo.InvariantCulture))),33} {(load?.PerSecond ?? 0) * plan.PerRequest,10:N0} {(noise is null ? "" : $"{noise.Sent:N0}, {noise.Taken:N0}, {noise.Throttled:N0}"),26}"));
        }

        Console.WriteLine(
            $"{plan.Alerts} alerts a row in {plan.Duration.TotalSeconds} s, from the request to the webhook; the ratio is to the row without load; fleet: {plan.Connections} connections, {plan.PerRequest} per request");
    }

    private static async Task<DeviceCredential[]> RegisterAsync(BackendApi api, string name, int count)
    {
        Console.Error.WriteLine($"registering {count} devices");
        var devices = new DeviceCredential[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
            devices[i] = await api.RegisterAsync($"{name}-{i:D4}", new { model = "bench", groups = new[] { AlertWatch.GroupOf(i) }, reportingInterval = "PT1M" }, null, cancellation));
        return devices;
    }

    private static List<byte[][]> Requests(DeviceCredential[] devices, Plan plan)
    {
        const string Reading = """{"battery":{"percent":81.5},"link":{"rssi":-71,"snr":9.5,"gateway":"gw-7"},"metrics":{"temperature":21.4}}""";
        var body = plan.PerRequest == 1 ? Reading : "[" + string.Join(',', Enumerable.Repeat(Reading, plan.PerRequest)) + "]";
        var expiry = TimeProvider.System.GetUtcNow().AddHours(1);
        return [.. devices.Chunk(DevicesPerConnection).Select(own => own.Select(device =>
            HttpLoad.Request(device.DeviceId, DeviceToken.Sign(device.DeviceId, device.Key, expiry), body)).ToArray())];
    }

    private sealed record Plan(TimeSpan Duration, int Rate, int PerRequest, int Alerts, int Connections);
}
