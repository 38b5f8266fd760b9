using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EndToEnd.Tests.Observability;
using IoTBackend.Simulator;
using IoTBackend.Stack;
using IoTBackend.Stack.Demo;

namespace EndToEnd.Tests;

/// <param name="Id">The header <c>webhook-id</c>: the same for every attempt to deliver the same.</param>
/// <param name="Headers">The three of Standard Webhooks, and the trace context.</param>
/// <param name="Body">As sent.</param>
/// <param name="At">When it came.</param>
internal sealed record Delivery(string Id, IReadOnlyDictionary<string, string> Headers, string Body, DateTimeOffset At)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? DeviceId => (string?)Json["data"]?["deviceId"];

    public string? Kind => (string?)Json["data"]?["kind"];

    public string? Type => (string?)Json["type"];
}

/// <summary>The whole backend as real processes on free ports with state of its own, and a webhook channel for all its alerts.</summary>
public sealed class TestStack : IAsyncLifetime
{
    /// <summary>What is waited for comes in seconds; a machine may have much else to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly StackLayout layout = StackLayout.OfThisBuild(Directory.CreateTempSubdirectory("iot-stack-").FullName);
    private readonly HttpClient http = new();
    private readonly ConcurrentQueue<Delivery> deliveries = new();
    private readonly ConcurrentQueue<string> said = new();
    private AlertReceiver? receiver;
    private int channels;

    /// <summary>Of the functions, beside those every test has.</summary>
    internal Dictionary<string, string> Settings { get; } = [];

    internal LocalStack Stack { get; private set; } = null!;

    internal StackLayout Layout => layout;

    /// <summary>What the functions export of themselves.</summary>
    internal OtlpReceiver Collector { get; private set; } = null!;

    internal BackendApi Api { get; private set; } = null!;

    internal IReadOnlyCollection<Delivery> Deliveries => deliveries;

    public HttpClient Http => http;

    public async ValueTask InitializeAsync()
    {
        var secrets = StackSecrets.Open(layout.State);
        Collector = await OtlpReceiver.StartAsync();
        var settings = new Dictionary<string, string>([.. Settings, .. Collector.Settings]) { ["SweepSchedule"] = "* * * * * *" };
        Stack = new(layout, StackPorts.Free(), secrets, settings, TimeProvider.System, said.Enqueue);
        await Stack.StartAsync(CancellationToken.None);
        http.BaseAddress = Stack.Programs.Api;
        Api = new(http, secrets.OperatorKey, TimeProvider.System);
        await OperateAsync(HttpMethod.Put, "fleet/models/cell", new { battery = new { lowPercent = 20 } });
    }

    /// <summary>
    /// Has every alert of these kinds from now on delivered here, by a channel of the test's own: after an earlier test's storm, or beside what its devices
    /// still raise, its alerts would leave together, minutes later.
    /// </summary>
    internal async Task ReceiveAlertsAsync(params string[] kinds)
    {
        var secret = Stack.Secrets.AlertSecret;
        receiver ??= await AlertReceiver.StartAsync(secret, TimeProvider.System, (headers, body) =>
        {
            var kept = new[] { "webhook-id", "webhook-timestamp", "webhook-signature", "traceparent" }.ToDictionary(name => name, name => headers[name].ToString());
            deliveries.Enqueue(new(kept["webhook-id"], kept, Encoding.UTF8.GetString(body), TimeProvider.System.GetUtcNow()));
        });
        if (channels > 0)
            await OperateAsync(HttpMethod.Delete, $"channels/all-{channels}");
        await OperateAsync(HttpMethod.Put, $"channels/all-{++channels}", new { type = "webhook", url = receiver.Url, secret, kinds });
    }

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        if (receiver is not null)
            await receiver.DisposeAsync();
        await Collector.DisposeAsync();
        http.Dispose();
        Directory.Delete(layout.State, recursive: true);
    }

    internal Task<JsonNode?> OperateAsync(HttpMethod method, string path, object? body = null) => Api.OperateAsync(method, path, body, CancellationToken.None);

    /// <summary>A new device with an id of its own.</summary>
    internal Task<DeviceCredential> RegisterAsync(string name, string interval = "PT1H") =>
        Api.RegisterAsync($"{name}-{Guid.NewGuid():n}"[..(name.Length + 9)], new { model = "cell", reportingInterval = interval }, null, CancellationToken.None);

    internal Task<HttpResponseMessage> SendAsync(DeviceCredential device, params object[] readings) =>
        Api.CallAsync(device, HttpMethod.Post, "telemetry", JsonContent.Create(readings), CancellationToken.None);

    internal async Task<JsonNode> HubTokenAsync(DeviceCredential device)
    {
        using var response = await Api.CallAsync(device, HttpMethod.Post, "hub-token", null, CancellationToken.None);
        return JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    internal async Task<JsonNode> DeviceAsync(string deviceId) => (await OperateAsync(HttpMethod.Get, $"fleet/devices/{deviceId}"))!;

    /// <summary>How many readings of the device are stored, and the sum of their counters.</summary>
    internal async Task<(long Readings, long SequenceSum)> StoredAsync(string deviceId)
    {
        var device = await DeviceAsync(deviceId);
        return ((long?)device["readings"] ?? 0, (long?)device["sequenceSum"] ?? 0);
    }

    internal async Task<IReadOnlyList<JsonNode>> AlertsAsync(string deviceId, string kind)
    {
        var answer = await OperateAsync(HttpMethod.Get, $"alerts?deviceId={deviceId}");
        return [.. answer!["alerts"]!.AsArray().OfType<JsonNode>().Where(alert => (string?)alert["kind"] == kind)];
    }

    internal IReadOnlyList<Delivery> DeliveriesOf(string deviceId, string kind) => DeliveriesWhere(delivery => delivery.DeviceId == deviceId && delivery.Kind == kind);

    /// <summary>Each is taken by the library that receivers of Standard Webhooks use.</summary>
    internal async Task AssertGenuineAsync(IEnumerable<Delivery> sent)
    {
        var wrong = await Node.RunAsync("verify.mjs", new
        {
            secret = Stack.Secrets.AlertSecret,
            deliveries = sent.Select(delivery => new { at = delivery.At.ToUnixTimeMilliseconds(), headers = delivery.Headers, body = delivery.Body }),
        });
        Assert.Equal("[]", wrong.ToJsonString());
    }

    internal IReadOnlyList<Delivery> DeliveriesWhere(Func<Delivery, bool> holds) => [.. deliveries.SelectMany(Alone).Where(holds)];

    /// <summary>What came together in one message, each as if it had come alone: it has the id it would have then.</summary>
    private static IEnumerable<Delivery> Alone(Delivery delivery) => delivery.Type != "alerts.together" ? [delivery] :
        delivery.Json["data"]!["alerts"]!.AsArray().OfType<JsonNode>().Select(alert => delivery with
        {
            Id = (string)alert["messageId"]!,
            Body = new JsonObject { ["type"] = $"alert.{((string?)alert["state"] == "open" ? "opened" : (string?)alert["state"])}", ["data"] = alert.DeepClone() }.ToJsonString(),
        });

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">It did not in time; says what was there instead and what the stack said.</exception>
    internal async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> holds)
    {
        var limit = DateTime.UtcNow + Patience;
        while (true)
        {
            T seen = default!;
            var reason = "";
            try
            {
                seen = await look();
                if (holds(seen))
                    return seen;
            }
            catch (Exception passing) when (passing is HttpRequestException or OperationCanceledException)
            {
                reason = passing.Message;
            }
            if (DateTime.UtcNow > limit)
                Assert.Fail($"Not within {Patience.TotalMinutes} min; last seen: {(seen is JsonNode node ? node.ToJsonString() : JsonSerializer.Serialize(seen))} {reason}\n{string.Join('\n', said)}\n{Log("functions", 30)}");
            await Task.Delay(250);
        }
    }

    /// <summary>Waits until everything the hub has taken is stored.</summary>
    internal Task ProcessedAsync() =>
        UntilAsync(async () => (await OperateAsync(HttpMethod.Get, "status"))!["partitions"]!, partitions => partitions.AsArray().All(partition => (long)partition!["lag"]! == 0));

    /// <summary>All the logs of all runs so far.</summary>
    internal string Logs() => string.Concat(Directory.EnumerateFiles(layout.Logs).Select(ReadShared));

    internal IEnumerable<string> Secrets() => Directory.EnumerateFiles(layout.State, "*.key").Select(path => File.ReadAllText(path).Trim());

    private string Log(string name, int lines) => string.Join('\n', ReadShared(Path.Combine(layout.Logs, name + ".log")).Split('\n').TakeLast(lines));

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}

/// <summary>One stack for most end-to-end tests; they run one after the other, each with devices of its own.</summary>
[CollectionDefinition(Name)]
public sealed class StackCollection : ICollectionFixture<TestStack>
{
    public const string Name = "stack";
}

/// <summary>Another, beside it, for those that kill and hang its processes: most of their time they wait for it to come back, and their storms of alerts are nobody else's.</summary>
[CollectionDefinition(Name)]
public sealed class OutageCollection : ICollectionFixture<TestStack>
{
    public const string Name = "outages";
}
