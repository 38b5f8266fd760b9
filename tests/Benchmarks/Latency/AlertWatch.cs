using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Simulator;
using IoTBackend.Stack.Demo;

namespace IoTBackend.Benchmarks.Latency;

/// <param name="Posted">From the device's request to its answer, sorted.</param>
/// <param name="Told">From the device's request to the operator's webhook, sorted.</param>
/// <param name="Missing">Alerts that did not come.</param>
internal sealed record AlertLatencies(TimeSpan[] Posted, TimeSpan[] Told, int Missing)
{
    public static double Milliseconds(TimeSpan[] sorted, double quantile) =>
        sorted.Length == 0 ? double.NaN : sorted[(int)Math.Ceiling(quantile * (sorted.Length - 1))].TotalMilliseconds;
}

/// <summary>Lets batteries fail one after the other, and takes the time until the operator's webhook says so.</summary>
internal sealed class AlertWatch : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // The level is a median of 11: so many readings settle it, whatever was before.
    private const int ReadingsOfALevel = 11;

    private const int Channels = 10;

    private readonly ConcurrentDictionary<string, Wait> _waiting = new(StringComparer.Ordinal);
    private readonly BackendApi _api;
    private AlertReceiver? _receiver;

    private AlertWatch(BackendApi api) => _api = api;

    public static async Task<AlertWatch> StartAsync(BackendApi api, string secret)
    {
        var watch = new AlertWatch(api);
        watch._receiver = await AlertReceiver.StartAsync(secret, TimeProvider.System, (_, body) => watch.Receive(body));
        for (var i = 0; i < Channels; i++)
            await api.OperateAsync(HttpMethod.Put, $"channels/bench-{i}", new { type = "webhook", url = watch._receiver.Url, secret, kinds = new[] { "battery.critical" }, groups = new[] { GroupOf(i) } }, CancellationToken.None);
        return watch;
    }

    /// <summary>The group of a device, which is that of its channel: each tells a tenth of the alerts, one after the other as in a quiet hour.</summary>
    public static string GroupOf(int device) => $"bench-{device % Channels}";

    /// <summary>Full batteries, so that they can fail.</summary>
    public Task PrepareAsync(IReadOnlyList<DeviceCredential> devices) =>
        Parallel.ForEachAsync(devices, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (device, _) => await PostAsync(device, 80));

    /// <summary>One device after the other, evenly over <paramref name="duration"/>.</summary>
    public async Task<AlertLatencies> RunAsync(IReadOnlyList<DeviceCredential> devices, TimeSpan duration)
    {
        var pace = new Pace(duration / devices.Count);
        var waits = new List<Wait>();
        var posts = new List<Task>();
        for (var i = 0; i < devices.Count; i++)
        {
            await pace.TurnAsync(i);
            var wait = _waiting[devices[i].DeviceId] = new();
            waits.Add(wait);
            posts.Add(FailAsync(devices[i], wait));
        }

        await Task.WhenAll(posts);
        await Task.WhenAny(Task.WhenAll(waits.Select(w => w.Told.Task)), Task.Delay(Patience));
        var told = waits.Where(w => w.Told.Task.IsCompleted).Select(w => w.Told.Task.Result).Order().ToArray();
        return new([.. waits.Select(w => w.Posted).Order()], told, waits.Count - told.Length);
    }

    public async ValueTask DisposeAsync()
    {
        if (_receiver is not null)
            await _receiver.DisposeAsync();
    }

    private async Task FailAsync(DeviceCredential device, Wait wait)
    {
        await PostAsync(device, 5);
        wait.Posted = Stopwatch.GetElapsedTime(wait.Started);
    }

    private async Task PostAsync(DeviceCredential device, int percent)
    {
        var readings = Enumerable.Repeat(new { battery = new { percent } }, ReadingsOfALevel);
        using var response = await _api.CallAsync(device, HttpMethod.Post, "telemetry", JsonContent.Create(readings), CancellationToken.None);
        response.EnsureSuccessStatusCode();
    }

    private void Receive(byte[] body)
    {
        var message = JsonNode.Parse(body)!;
        // Many that came together are one message.
        foreach (var alert in (string?)message["type"] == "alerts.together" ? message["data"]!["alerts"]!.AsArray() : [message["data"]!.DeepClone()])
        {
            if (alert is not null && (string?)alert["state"] == "open" && (string?)alert["kind"] == "battery.critical"
                && (string?)alert["deviceId"] is { } id && _waiting.TryGetValue(id, out var wait))
                wait.Told.TrySetResult(Stopwatch.GetElapsedTime(wait.Started));
        }
    }

    private sealed class Wait
    {
        public long Started { get; } = Stopwatch.GetTimestamp();

        public TimeSpan Posted { get; set; }

        public TaskCompletionSource<TimeSpan> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
