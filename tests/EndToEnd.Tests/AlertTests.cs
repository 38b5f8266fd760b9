using System.Globalization;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;

namespace EndToEnd.Tests;

[Collection(StackCollection.Name)]
public sealed class AlertTests(TestStack stack)
{
    [Fact]
    public async Task A_low_battery_raises_and_clears_one_alert_that_its_receiver_can_verify()
    {
        await stack.ReceiveAlertsAsync("battery.low");
        var device = await stack.RegisterAsync("battery");
        await stack.SendAsync(device, Levels(60, 9));
        await stack.SendAsync(device, Levels(15, 12));
        await OnceAsync(device.DeviceId, "battery.low", "alert.opened");
        await stack.SendAsync(device, Levels(95, 12));
        await OnceAsync(device.DeviceId, "battery.low", "alert.cleared");
        await AssertOneEpisodeAsync(Assert.Single(await stack.AlertsAsync(device.DeviceId, "battery.low")));
    }

    [Fact]
    public async Task Each_silence_raises_one_alert_and_the_next_reading_clears_it()
    {
        await stack.ReceiveAlertsAsync("device.offline");
        var device = await stack.RegisterAsync("silent", "PT1S");
        for (var i = 0; i < 4; i++)
        {
            await stack.SendAsync(device, new { seq = i });
            await Task.Delay(500);
        }
        await OnceAsync(device.DeviceId, "device.offline", "alert.opened");
        // And goes on, or it would be silent again. On a busy machine it is all the same: that is another silence, with an alert of its own.
        using var ended = new CancellationTokenSource();
        var reporting = ReportAsync(device, ended.Token);
        await OnceAsync(device.DeviceId, "device.offline", "alert.cleared");
        var alerts = (await stack.AlertsAsync(device.DeviceId, "device.offline")).OrderBy(alert => At(alert, "raisedAt")).ToList();
        Assert.All(alerts.Zip(alerts.Skip(1)), silences => Assert.True(At(silences.First, "clearedAt") <= At(silences.Second, "raisedAt")));
        await AssertOneEpisodeAsync(alerts[0]);
        await ended.CancelAsync();
        await reporting;
    }

    private async Task ReportAsync(DeviceCredential device, CancellationToken end)
    {
        for (var i = 4; !end.IsCancellationRequested; i++)
        {
            await stack.SendAsync(device, new { seq = i });
            await Task.WhenAny(Task.Delay(1000, end));
        }
    }

    private async Task OnceAsync(string deviceId, string kind, string type) =>
        await stack.UntilAsync(() => Task.FromResult(stack.DeliveriesOf(deviceId, kind)), seen => seen.Any(delivery => delivery.Type == type));

    private async Task AssertOneEpisodeAsync(JsonNode alert)
    {
        Assert.Equal("cleared", (string?)alert["state"]);
        var deliveries = stack.DeliveriesWhere(delivery => (string?)delivery.Json["data"]!["id"] == (string?)alert["id"]).DistinctBy(delivery => delivery.Id).ToList();
        Assert.Equal(["alert.cleared", "alert.opened"], deliveries.Select(delivery => delivery.Type).Order());
        await stack.AssertGenuineAsync(deliveries);
    }

    private static DateTimeOffset At(JsonNode alert, string time) => DateTimeOffset.Parse((string)alert[time]!, CultureInfo.InvariantCulture);

    private static object[] Levels(double percent, int count) => [.. Enumerable.Range(0, count).Select(_ => new { battery = new { percent } })];
}
