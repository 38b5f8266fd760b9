using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Devices;

/// <summary>Devices that exist: Microsoft's IoT Hub client from npm, over TLS, of which only the connection string is changed.</summary>
[Collection(StackCollection.Name)]
public sealed class IotHubTests(TestStack stack)
{
    [Fact]
    public async Task A_device_made_for_IoT_Hub_sends_by_one_and_by_many_and_its_readings_are_stored()
    {
        var device = await stack.RegisterAsync("hub");
        var outcomes = await RunAsync(
            device,
            device.Key,
            new { send = new { seq = 1, temperature = 21.5 } },
            new { send = new { seq = 2 }, contentType = "application/json", properties = new { alert = "true" } },
            new { batch = new object[] { new { send = new { seq = 4 } }, new { send = new { seq = 8 }, properties = new { alert = "yes" } } } },
            new { send = "ON" });
        Assert.Equal([1, 1, 2, null], outcomes.Select(o => (int?)o!["sent"]));
        Assert.Equal(("ArgumentError", 400), ((string?)outcomes[3]!["error"], (int?)outcomes[3]!["status"]));
        await stack.UntilAsync(() => stack.StoredAsync(device.DeviceId), stored => stored == (4, 15));
    }

    [Fact]
    public async Task A_wrong_key_is_an_error_that_the_client_knows_and_does_not_repeat()
    {
        var (device, other) = (await stack.RegisterAsync("hub"), await stack.RegisterAsync("hub"));
        var outcomes = await RunAsync(device, other.Key, new { send = new { seq = 1 } });
        Assert.Equal(("UnauthorizedError", 401), ((string?)outcomes[0]!["error"], (int?)outcomes[0]!["status"]));
        Assert.StartsWith("ErrorCode:IotHubUnauthorizedAccess;", (string?)JsonNode.Parse((string)outcomes[0]!["body"]!)!["Message"], StringComparison.Ordinal);
    }

    private Task<JsonArray> RunAsync(DeviceCredential device, string key, params object[] steps) => IotHubDevice.RunAsync(stack, device.DeviceId, key, steps);
}
