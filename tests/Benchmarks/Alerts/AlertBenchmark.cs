using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Benchmarks.Latency;
using IoTBackend.Core.Signals;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace IoTBackend.Benchmarks.Alerts;

/// <summary>
/// The alert path on the running stack: from an alert's step in the queue to its receiver, one after the other; then a storm through
/// seven channels of which one is dead and one is slow.
/// </summary>
internal static class AlertBenchmark
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(15);

    public const string Help = """
        scripts/bench alerts [--quiet N] [--storm N] [--seconds N]

          --quiet N      alerts raised one after the other, three seconds apart, for the latency; 30 by default
          --storm N      alerts raised together; 10000 by default
          --seconds N    the time they are raised in; 60 by default
        """;

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var (quiet, storm, seconds) = (options.Number("--quiet", 30), options.Number("--storm", 10_000), options.Seconds("--seconds", 60));
        var state = Directory.CreateTempSubdirectory("iot-bench-").FullName;
        try
        {
            await MeasureAsync(state, quiet, storm, seconds);
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task MeasureAsync(string state, int quiet, int storm, TimeSpan duration)
    {
        var secrets = StackSecrets.Open(state);
        Console.Error.WriteLine("starting the stack");
        await using var stack = new LocalStack(
            StackLayout.OfThisBuild(state), StackPorts.Free(), secrets, new Dictionary<string, string>(), TimeProvider.System, Console.Error.WriteLine);
        await stack.StartAsync(CancellationToken.None);
        using var http = new HttpClient { BaseAddress = stack.Programs.Api };
        var api = new BackendApi(http, secrets.OperatorKey, TimeProvider.System);
        var queue = new QueueServiceClient(stack.Programs.StorageConnection, new() { MessageEncoding = QueueMessageEncoding.Base64 }).GetQueueClient(QueueNames.Alerts);
        await using var receivers = await StormReceivers.StartAsync();

        Console.Error.WriteLine("a quiet hour");
        await receivers.AddAsync(api, "webhook");
        await RaiseAsync(queue, "warm", 5, TimeSpan.FromSeconds(5));
        await Task.Delay(TimeSpan.FromSeconds(5));
        receivers.Clear();
        var raised = await RaiseAsync(queue, "quiet", quiet, TimeSpan.FromSeconds(3 * quiet));
        await Task.Delay(TimeSpan.FromSeconds(5));
        TimeSpan[] told = [.. receivers.ToldAlone.Where(t => raised.ContainsKey(t.Device)).Select(t => Stopwatch.GetElapsedTime(raised[t.Device], t.At)).Order()];

        Console.Error.WriteLine("a storm");
        foreach (var name in StormReceivers.Names.Except(["webhook"]))
            await receivers.AddAsync(api, name);
        receivers.Clear();
        using var ended = new CancellationTokenSource();
        var memory = PeakAsync(stack.ProcessIdOf("functions"), ended.Token);
        var began = Stopwatch.GetTimestamp();
        await RaiseAsync(queue, "storm", storm, duration);
        var sent = Stopwatch.GetElapsedTime(began);
        var drained = await DrainAsync(stack.Programs.StorageConnection, queue, began);
        await ended.CancelAsync();

        Print($"raised to delivered, {told.Length} of {quiet}", $"p50 {AlertLatencies.Milliseconds(told, 0.5):0} ms, p99 {AlertLatencies.Milliseconds(told, 0.99):0} ms");
        Print($"{storm:N0} alerts raised in", $"{sent.TotalSeconds:0} s");
        Print("healthy channels empty after", drained is { } time ? $"{time.TotalSeconds:0} s" : $"more than {LongestDrain.TotalMinutes:0} minutes");
        Print("functions at most", $"{await memory / 1024.0 / 1024.0:0} MB");
        foreach (var name in StormReceivers.Names)
            Print($"  {name}", $"{receivers.Messages(name)} messages of {receivers.Alerts(name):N0} alerts");
    }

    /// <summary>When each device's alert was put into the queue.</summary>
    private static async Task<Dictionary<string, long>> RaiseAsync(QueueClient queue, string name, int count, TimeSpan duration)
    {
        var pace = new Pace(duration / count);
        var raised = new Dictionary<string, long>(count);
        var sending = new List<Task>(count);
        for (var i = 0; i < count; i++)
        {
            await pace.TurnAsync(i);
            var device = $"{name}-{i:00000}";
            raised[device] = Stopwatch.GetTimestamp();
            sending.Add(queue.SendMessageAsync(new BinaryData(AlertMessage.Of(Step(device, i)))));
            if (sending.Count(task => !task.IsCompleted) > 200)
                await Task.WhenAny(sending.Where(task => !task.IsCompleted));
            sending.RemoveAll(task => task.IsCompletedSuccessfully);
        }

        await Task.WhenAll(sending);
        return raised;
    }

    private static AlertTransition Step(string device, int i)
    {
        var now = TimeProvider.System.GetUtcNow();
        var kind = i % 10 == 0 ? AlertKind.BatteryLow : AlertKind.DeviceOffline;
        return new()
        {
            AlertId = AlertTransition.IdOf(device, kind, now),
            Change = AlertChange.Opened,
            Kind = kind,
            Severity = i % 100 == 0 ? Severity.Critical : Severity.Warning,
            DeviceId = device,
            Groups = [$"site-{i % 7}"],
            Cause = "power",
            Summary = "Silent for 12 min, longer than the 8 min its rhythm explains.",
            RaisedAt = now,
            At = now,
        };
    }

    /// <summary>Until nothing waits but for the dead and the slow channel; null = it took too long.</summary>
    private static async Task<TimeSpan?> DrainAsync(string connection, QueueClient queue, long began)
    {
        var lanes = new TableServiceClient(connection).GetTableClient(TableNames.Lanes);
        while (Stopwatch.GetElapsedTime(began) < LongestDrain)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            if ((await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount > 0)
                continue;
            var rows = lanes.QueryAsync<TableEntity>("RowKey ge 'p~' and RowKey lt 'p\u007f' and PartitionKey ne 'dead' and PartitionKey ne 'slow'", maxPerPage: 1, select: ["RowKey"]);
            if (!await rows.AnyAsync())
                return Stopwatch.GetElapsedTime(began);
        }

        return null;
    }

    /// <summary>The most that a program and what it started held, looked at every second.</summary>
    private static async Task<long> PeakAsync(int processId, CancellationToken until)
    {
        var peak = 0L;
        while (!until.IsCancellationRequested)
        {
            peak = Math.Max(peak, ProcessCost.Of(processId).ResidentBytes + Children(processId).Sum(child => ProcessCost.Of(child).ResidentBytes));
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1), until));
        }

        return peak;
    }

    private static IEnumerable<int> Children(int processId)
    {
        var file = $"/proc/{processId}/task/{processId}/children";
        return File.Exists(file) ? File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)) : [];
    }

    private static void Print(string what, string figure) => Console.WriteLine($"| {what,-36} | {figure,36} |");
}
