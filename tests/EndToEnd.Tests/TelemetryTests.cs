using System.Net;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace EndToEnd.Tests;

[Collection(StackCollection.Name)]
public sealed class TelemetryTests(TestStack stack)
{
    [Fact]
    public async Task Readings_by_http_and_by_amqp_arrive_on_their_device_in_order()
    {
        var device = await stack.RegisterAsync("both");
        for (var sequence = 1; sequence <= 10; sequence++)
            (await stack.SendAsync(device, new { seq = sequence })).EnsureSuccessStatusCode();
        Assert.Equal(10, (int?)(await SendByHubAsync(device, device.DeviceId, Enumerable.Range(11, 10)))["sent"]);

        await stack.UntilAsync(() => stack.StoredAsync(device.DeviceId), stored => stored == (20, 210));
        var events = (await ReadHubAsync()).Where(e => (string?)e["deviceId"] == device.DeviceId).ToList();
        Assert.Single(events.Select(e => (string?)e["partition"]).Distinct());
        Assert.Equal(Enumerable.Range(1, 20), events.OrderBy(e => (long)e["sequenceNumber"]!).SelectMany(Sequences));
    }

    [Fact]
    public async Task A_device_cannot_speak_for_another_one_by_http()
    {
        var (victim, attacker) = (await stack.RegisterAsync("victim"), await stack.RegisterAsync("attacker"));
        var forged = victim with { Key = attacker.Key };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stack.SendAsync(forged, new { seq = 1 })).StatusCode);

        using var request = new HttpRequestMessage(HttpMethod.Post, $"devices/{victim.DeviceId}/telemetry") { Content = new StringContent("{}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        request.Headers.TryAddWithoutValidation("Authorization", DeviceToken.Sign(attacker.DeviceId, attacker.Key, DateTimeOffset.UtcNow.AddHours(1)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await stack.Http.SendAsync(request)).StatusCode);
        await stack.ProcessedAsync();
        Assert.Equal((0, 0), await stack.StoredAsync(victim.DeviceId));
    }

    [Fact]
    public async Task A_device_cannot_speak_for_another_one_by_amqp()
    {
        var (victim, attacker) = (await stack.RegisterAsync("victim"), await stack.RegisterAsync("attacker"));
        Assert.Null((await SendByHubAsync(attacker, victim.DeviceId, [1]))["sent"]);
        // Under its own name, with a property that names the other.
        Assert.Equal(1, (int?)(await SendByHubAsync(attacker, attacker.DeviceId, [7], new { deviceId = victim.DeviceId }))["sent"]);

        await stack.UntilAsync(() => stack.StoredAsync(attacker.DeviceId), stored => stored == (1, 7));
        Assert.Equal((0, 0), await stack.StoredAsync(victim.DeviceId));
    }

    private async Task<JsonNode> SendByHubAsync(DeviceCredential device, string publisher, IEnumerable<int> sequences, object? properties = null)
    {
        var access = await stack.HubTokenAsync(device);
        return await Node.RunAsync("send.mjs", new
        {
            endpoint = (string?)access["endpoint"],
            eventHub = (string?)access["eventHub"],
            token = (string?)access["token"],
            publisher,
            properties = properties ?? new { },
            readings = sequences.Select(seq => new { seq }),
        });
    }

    private async Task<IEnumerable<JsonNode>> ReadHubAsync() => (await Node.RunAsync("receive.mjs", new
    {
        connection = stack.Stack.Programs.HubConnection,
        eventHub = StackPrograms.Hub,
        group = StackPrograms.ReaderGroup,
    })).AsArray().OfType<JsonNode>();

    // One reading by AMQP; by HTTP an array of them.
    private static IEnumerable<int> Sequences(JsonNode e) => e["body"] is JsonArray many ? many.Select(one => (int)one!["seq"]!) : [(int)e["body"]!["seq"]!];
}
