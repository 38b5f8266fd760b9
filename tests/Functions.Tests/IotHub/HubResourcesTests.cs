using System.Text;
using Core.Tests.Releases;
using Functions.Tests.Devices;
using Functions.Tests.Http;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Ingest;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.IotHub;

public sealed class HubResourcesTests : ITelemetryLog, IMessageDeliveries, IDisposable
{
    private const string Events = "/devices/d/messages/events?api-version=2021-04-12";
    private const string Bound = "/devices/d/messages/devicebound";

    private readonly List<string> _appended = [];
    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryStores _stores = new();
    private readonly KnownDevice _device;
    private readonly Api _api;
    private Versioned<MessageDelivery>? _row;

    public HubResourcesTests()
    {
        var (meter, versions) = (new TelemetryMeter(Api.Meters, _time), new DesiredVersions(_time));
        versions.Set("d", 7);
        _stores.Desired["d"] = new(7, [new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2)]);
        _device = new(new MemoryStores(), _time);
        var budgets = new ReadingBudgets(new() { Burst = 30 }, _time);
        _api = new(
            new TakeTelemetry(_device.Gate, versions, budgets, meter, new(this, meter, _time)), _device.Gate, budgets,
            new DesiredMessages(versions, _stores, new(_stores), this, _time));
    }

    [Theory]
    [InlineData("{\"seq\":1}", "", "", "{\"seq\":1}")]
    [InlineData("{\"seq\":1}", "application/octet-stream", "", "{\"seq\":1}")]
    [InlineData("{\"seq\":1}", "", "iothub-app-alert", "{\"iothub\":{\"properties\":{\"alert\":\"application/json\"}},\"seq\":1}\n")]
    [InlineData("[{},{}]", "", "iothub-contenttype", "[{},{}]")]
    [InlineData("{}", "text/plain", "iothub-contenttype", "{}")]
    public async Task A_message_is_a_reading_whatever_the_client_calls_it_and_its_properties_go_along(string body, string contentType, string header, string appended)
    {
        var answer = await SendAsync("POST", Events, body, ("Content-Type", contentType), (header.Length > 0 ? header : "x", "application/json"));
        Assert.Equal((204, ""), (answer.Status, answer.Text));
        Assert.Equal(appended, Assert.Single(_appended));
    }

    [Fact]
    public async Task Of_a_batch_what_cannot_be_read_goes_to_the_hub_with_the_rest_to_be_found_as_a_dead_letter()
    {
        var batch = $$"""[{"body":"{{Base64("{\"seq\":1}")}}"},{"body":"{{Base64("ON")}}"}]""";
        Assert.Equal(204, (await SendAsync("POST", Events, batch, ("Content-Type", "application/vnd.microsoft.iothub.json"))).Status);
        Assert.Equal("{\"seq\":1}\nON\n", Assert.Single(_appended));
    }

    [Theory]
    [InlineData("ON", "", 400, "ArgumentInvalid")]
    [InlineData("[7]", "application/vnd.microsoft.iothub.json", 400, "ArgumentInvalid")]
    public async Task What_holds_no_reading_is_refused_as_IoT_Hub_refuses(string body, string contentType, int status, string code)
    {
        var answer = await SendAsync("POST", Events, body, ("Content-Type", contentType));
        Assert.Equal((status, code), (answer.Status, answer.Headers["iothub-errorcode"].ToString()));
        Assert.Equal([$"ErrorCode:{code}", answer.Body!.Value.GetProperty("ExceptionMessage").GetString()!], answer.Body!.Value.GetProperty("Message").GetString()!.Split(';'));
    }

    [Theory]
    [InlineData("POST", Events)]
    [InlineData("GET", Bound)]
    [InlineData("DELETE", Bound + "/token")]
    [InlineData("POST", Bound + "/token/abandon")]
    public async Task Every_call_asks_for_the_credential_and_spends_the_one_budget_of_the_device(string verb, string path)
    {
        Assert.Equal(401, (await _api.SendAsync(verb, path, "{}")).Status);
        for (var i = 0; i < 30; i++)
            await SendAsync("POST", "/api/devices/d/telemetry", "{}");
        var answer = await SendAsync(verb, path, "{}");
        Assert.Equal((429, "1"), (answer.Status, answer.Headers.RetryAfter.ToString()));
    }

    [Fact]
    public async Task A_change_is_a_message_with_its_lock_as_ETag_and_goes_when_it_is_completed()
    {
        var message = await SendAsync("GET", $"{Bound}?api-version=2021-04-12");
        var token = message.Headers.ETag.ToString().Trim('"');
        Assert.Equal((200, 7, "desired"), (message.Status, message.Body?.GetProperty("version").GetInt32(), message.Headers["iothub-app-kind"].ToString()));
        Assert.Equal(204, (await SendAsync("GET", Bound)).Status);
        Assert.Equal(204, (await SendAsync("POST", $"{Bound}/{token}/abandon?api-version=2021-04-12")).Status);
        var again = await SendAsync("GET", Bound);
        Assert.Equal((200, "1"), (again.Status, again.Headers["iothub-deliverycount"].ToString()));
        Assert.Equal(412, (await SendAsync("DELETE", $"{Bound}/{token}?api-version=2021-04-12")).Status);
        Assert.Equal(204, (await SendAsync("DELETE", $"{Bound}/{again.Headers.ETag.ToString().Trim('"')}?api-version=2021-04-12&reject")).Status);
        Assert.Equal(204, (await SendAsync("GET", Bound)).Status);
    }

    Task ITelemetryLog.OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    ValueTask ITelemetryLog.AppendAsync(TelemetryMessage message, CancellationToken cancellationToken)
    {
        _appended.Add(Encoding.UTF8.GetString(message.Body.Span));
        return default;
    }

    Task<Versioned<MessageDelivery>?> IMessageDeliveries.FindAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult(_row);

    Task<bool> IMessageDeliveries.TrySaveAsync(string deviceId, MessageDelivery delivery, string? version, CancellationToken cancellationToken)
    {
        _row = new(delivery, "1");
        return Task.FromResult(true);
    }

    public void Dispose() => _device.Dispose();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Task<Answer> SendAsync(string verb, string path, string? body = null, params (string, string)[] headers) =>
        _api.SendAsync(verb, path, body, [.. headers, _device.Credential()]);
}
