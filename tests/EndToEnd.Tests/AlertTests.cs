namespace EndToEnd.Tests;

[Collection(StackCollection.Name)]
public sealed class AlertTests(TestStack stack)
{
    [Fact]
    public async Task A_low_battery_raises_and_clears_one_alert_that_its_receiver_can_verify()
    {
        await stack.ReceiveAlertsAsync();
        var device = await stack.RegisterAsync("battery");
        await stack.SendAsync(device, Levels(60, 9));
        await stack.SendAsync(device, Levels(15, 12));
        await OnceAsync(device.DeviceId, "battery.low", "alert.opened");
        await stack.SendAsync(device, Levels(95, 12));
        await OnceAsync(device.DeviceId, "battery.low", "alert.cleared");
        await AssertOneEpisodeAsync(device.DeviceId, "battery.low");
    }

    [Fact]
    public async Task Silence_raises_one_alert_and_the_next_reading_clears_it()
    {
        await stack.ReceiveAlertsAsync();
        var device = await stack.RegisterAsync("silent", "PT1S");
        for (var i = 0; i < 4; i++)
        {
            await stack.SendAsync(device, new { seq = i });
            await Task.Delay(500);
        }
        await OnceAsync(device.DeviceId, "device.offline", "alert.opened");
        await stack.SendAsync(device, new { seq = 4 });
        await OnceAsync(device.DeviceId, "device.offline", "alert.cleared");
        // Before the device is due again.
        await AssertOneEpisodeAsync(device.DeviceId, "device.offline");
    }

    private async Task OnceAsync(string deviceId, string kind, string type) =>
        await stack.UntilAsync(() => Task.FromResult(stack.DeliveriesOf(deviceId, kind)), seen => seen.Any(delivery => delivery.Type == type));

    private async Task AssertOneEpisodeAsync(string deviceId, string kind)
    {
        var alert = Assert.Single(await stack.AlertsAsync(deviceId, kind));
        Assert.Equal("cleared", (string?)alert["state"]);
        var deliveries = stack.DeliveriesOf(deviceId, kind).DistinctBy(delivery => delivery.Id).ToList();
        Assert.Equal(["alert.cleared", "alert.opened"], deliveries.Select(delivery => delivery.Type).Order());
        Assert.All(deliveries, delivery => Assert.Equal((string?)alert["id"], (string?)delivery.Json["data"]!["id"]));
        var genuine = await Node.RunAsync("verify.mjs", new
        {
            secret = stack.Stack.Secrets.AlertSecret,
            deliveries = deliveries.Select(delivery => new { headers = delivery.Headers, body = delivery.Body }),
        });
        Assert.Equal(deliveries.Count, (int)genuine);
    }

    private static object[] Levels(double percent, int count) => [.. Enumerable.Range(0, count).Select(_ => new { battery = new { percent } })];
}
