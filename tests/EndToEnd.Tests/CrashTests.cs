using System.Net;
using System.Numerics;
using IoTBackend.Simulator;
using IoTBackend.Stack;

namespace EndToEnd.Tests;

/// <summary>
/// What a power cut may and may not do: 20,000 readings of 40 devices, and a process killed in the middle of them.
/// Every attempt to send has a power of 4 of its own, and its 25 readings carry it as their counter: the stored sum tells
/// exactly which attempts were taken in, and how often each was.
/// </summary>
[Collection(OutageCollection.Name)]
public sealed class CrashTests(TestStack stack)
{
    private const int Devices = 40;
    private const int Requests = 20;
    private const int PerRequest = 25;
    private const int MaxAttempts = 28;

    [Theory]
    [InlineData("functions", 1)]
    [InlineData("worker", 1)]
    [InlineData("azurite", 1)]
    [InlineData("hub", 1)]
    public async Task After_a_kill_every_accepted_reading_is_counted_and_every_alert_raised_once(string program, int atMost)
    {
        await stack.ReceiveAlertsAsync("battery.low");
        var devices = await Task.WhenAll(Enumerable.Range(0, Devices).Select(_ => stack.RegisterAsync($"crash-{program}")));
        var accepted = 0;
        var sending = Task.WhenAll(devices.Select(device => SendAsync(device, () => Interlocked.Increment(ref accepted))));
        await stack.UntilAsync(() => Task.FromResult(Volatile.Read(ref accepted)), count => count >= Devices * Requests * 2 / 5);
        await stack.Stack.KillAsync(program);
        var sent = await sending;

        await stack.ProcessedAsync();
        foreach (var (device, taken, uncertain) in sent)
        {
            var (readings, sum) = await stack.StoredAsync(device.DeviceId);
            var times = Enumerable.Range(0, MaxAttempts).Select(attempt => (int)(sum / PerRequest >> (2 * attempt)) & 3).ToArray();
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var isTaken = (taken & 1ul << attempt) != 0;
                var (least, most) = isTaken ? (1, atMost) : (uncertain & 1ul << attempt) != 0 ? (0, atMost) : (0, 0);
                if (times[attempt] < least || times[attempt] > most)
                    Assert.Fail($"Attempt {attempt} was taken in {times[attempt]} times. {await InTheHubAsync(device)}");
            }
            Assert.Equal(times.Sum() * PerRequest, readings);
        }
        foreach (var device in devices)
            await AssertOneAlertAsync(device.DeviceId);
    }

    /// <summary>Whether what is not stored is in the hub: then processing lost it, else the hub did.</summary>
    private async Task<string> InTheHubAsync(DeviceCredential device)
    {
        var status = await stack.OperateAsync(HttpMethod.Get, "status");
        var events = await Node.RunAsync("receive.mjs", new { connection = stack.Stack.Programs.HubConnection, eventHub = StackPrograms.Hub, group = StackPrograms.ReaderGroup });
        var mine = events.AsArray().Where(e => (string?)e!["deviceId"] == device.DeviceId).Select(e => $"{e!["partition"]}/{e["sequenceNumber"]}: {e["body"]![0]!["seq"]}");
        var (readings, sum) = await stack.StoredAsync(device.DeviceId);
        return $"{device.DeviceId}: by now {readings} readings with the sum {sum}\n{status!["partitions"]!.ToJsonString()}\n{string.Join('\n', mine)}\n{stack.Logs()}";
    }

    private async Task AssertOneAlertAsync(string deviceId)
    {
        await stack.UntilAsync(() => Task.FromResult(stack.DeliveriesOf(deviceId, "battery.low").Count), count => count > 0);
        Assert.Single(await stack.AlertsAsync(deviceId, "battery.low"));
        Assert.Single(stack.DeliveriesOf(deviceId, "battery.low").Select(delivery => delivery.Id).Distinct());
    }

    /// <summary>Sends until enough was taken; the first half at 80 %, the second at 10 %: one alert.</summary>
    /// <returns>The bits of the attempts that were acknowledged, and of those that were not, which may have been taken all the same.</returns>
    private async Task<(DeviceCredential Device, ulong Taken, ulong Uncertain)> SendAsync(DeviceCredential device, Action accepted)
    {
        var (taken, uncertain, pause) = (0ul, 0ul, 1);
        for (var attempt = 0; BitOperations.PopCount(taken) < Requests; attempt++)
        {
            Assert.True(attempt < MaxAttempts, "The backend did not come back.");
            var bit = 1ul << attempt;
            var seq = 1ul << (2 * attempt);
            var percent = BitOperations.PopCount(taken) < Requests / 2 ? 80 : 10;
            if (await IsTakenAsync(device, [.. Enumerable.Repeat<object>(new { seq, battery = new { percent } }, PerRequest)]))
            {
                (taken, pause) = (taken | bit, 1);
                accepted();
            }
            else
            {
                uncertain |= bit;
                await Task.Delay(TimeSpan.FromSeconds(pause));
                pause = Math.Min(30, 2 * pause);
            }
        }
        return (device, taken, uncertain);
    }

    private async Task<bool> IsTakenAsync(DeviceCredential device, object[] readings)
    {
        try
        {
            using var response = await stack.SendAsync(device, readings);
            return response.StatusCode == HttpStatusCode.Accepted;
        }
        catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
