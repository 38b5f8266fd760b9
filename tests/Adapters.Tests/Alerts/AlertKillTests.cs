using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Adapters.Tests.Alerts.Deliveries;
using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Alerts.Routing;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Signals;
using Local.Tests;
using Microsoft.Extensions.Configuration;

namespace Adapters.Tests.Alerts;

/// <summary>
/// A process that handles alerts is killed at each step of their way, on the storage emulator and before a real receiver: when they are raised, when a record is
/// there and its channels do not know yet, in the middle of a message, of one that tells many, and when they climb their chain. <c>IOT_TEST_KILLS</c> for more.
/// </summary>
public sealed class AlertKillTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly string[] Steps = ["raised", "routed", "told", "together", "escalated"];
    private static readonly string[] Names = ["ops", "lead"];
    private static readonly DateTimeOffset Raised = TimeProvider.System.GetUtcNow();

    private readonly TableServiceClient _tables = new(storage.ConnectionString);
    private readonly ConcurrentQueue<(string Channel, string Device, string MessageId)> _told = new();
    private Receiver _receiver = null!;
    private Process? _process;
    private string? _killAt;
    private int _kills;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        await new CreateQueues(AlertPath.Queues(storage.ConnectionString)).StartAsync(Cancellation);
        _receiver = await Receiver.StartAsync();
        _receiver.Answer = (context, received) =>
        {
            Take(received);
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        };
        foreach (var name in Names)
            await AlertPath.Channels(_tables).SaveAsync(new WebhookChannel { Name = name, Url = new(_receiver.Url, name), Secret = WebhookSignature.NewSecret() }, Cancellation);
        await new TableEscalations(_tables).SaveAsync(new() { Name = "night", Steps = [new(TimeSpan.FromMinutes(1), ["lead"])] }, Cancellation);
        await new TableRoutes(_tables).SaveAsync(new() { Channels = ["ops"], Escalation = "night" }, Cancellation);
    }

    [Fact]
    public async Task Wherever_the_process_dies_each_alert_is_told_under_one_id_and_climbs_its_chain()
    {
        var (queue, alerts) = (new StorageAlertQueue(AlertPath.Queues(storage.ConnectionString)), AlertPath.Alerts(_tables));
        var raised = new List<AlertTransition>();
        var kills = Math.Max(Steps.Length, new ConfigurationBuilder().AddEnvironmentVariables().Build().GetValue("IOT_TEST_KILLS", 0));
        for (var kill = 0; kill < kills; kill++)
        {
            var step = Steps[kill % Steps.Length];
            _process ??= Start();
            _killAt = step is "raised" or "routed" ? null : step;
            AlertTransition[] batch = [.. Enumerable.Range(0, step == "together" ? 12 : 3).Select(i => Opened($"d{kill}-{i}"))];
            raised.AddRange(batch);
            foreach (var one in batch)
                await queue.EnqueueAsync(one, Cancellation);
            if (step == "routed")
                await UntilAsync(async () => await alerts.FindAsync(batch[0].AlertId, Cancellation) is not null, "a record");
            if (step is "raised" or "routed")
                Kill();
            await UntilAsync(async () => await BringForwardAsync() && Volatile.Read(ref _kills) > kill, $"a death when an alert is {step}");
            await LetGoAsync();
        }

        _process = Start();
        await UntilAsync(async () => await BringForwardAsync() && raised.TrueForAll(r => Names.All(name => Ids(name, r).Count > 0)), "each alert on both channels");
        foreach (var one in raised)
        {
            Assert.All(Names, name => Assert.True(Ids(name, one).Count == 1, $"{name} was told of {one.DeviceId} under several ids:\n{string.Join('\n', _told.Where(t => t.Channel == name))}"));
            Assert.NotNull((await alerts.FindAsync(one.AlertId, Cancellation))!.Alert.OpenedAt);
        }

        Assert.Empty(await new TableUndelivered(_tables).ListAsync(null, 10, Cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        _process?.Kill();
        _process?.Dispose();
        await _receiver.DisposeAsync();
    }

    private HashSet<string> Ids(string channel, AlertTransition alert) => [.. _told.Where(t => t.Channel == channel && t.Device == alert.DeviceId).Select(t => t.MessageId)];

    /// <summary>Before it is answered: what was taken here, the process never knows.</summary>
    private void Take(Received received)
    {
        var (channel, data) = (received.Path.Trim('/'), received.Json.GetProperty("data"));
        var id = received.Headers["webhook-id"].ToString();
        var many = data.TryGetProperty("alerts", out var listed);
        foreach (var alert in many ? listed.EnumerateArray().ToList() : [data])
            _told.Enqueue((channel, alert.GetProperty("deviceId").GetString()!, many ? alert.GetProperty("messageId").GetString()! : id));
        // One that tells many tells each of them as well.
        var step = channel == "lead" ? "escalated" : many && Volatile.Read(ref _killAt) == "together" ? "together" : "told";
        if (Interlocked.CompareExchange(ref _killAt, null, step) == step)
            Kill();
    }

    private void Kill()
    {
        _process!.Kill();
        Interlocked.Increment(ref _kills);
    }

    private Process Start() => Process.Start(new ProcessStartInfo("dotnet")
    {
        ArgumentList = { typeof(AlertPath).Assembly.Location, "-noLogo", "-explicit", "only", "-method", $"{typeof(AlertPath).FullName}.{nameof(AlertPath.Handles_alerts_until_it_is_killed)}" },
        Environment = { [AlertPath.Variable] = storage.ConnectionString },
    })!;

    /// <summary>What is due in a minute is due now: the row is what outlives the process, its time is not what is tested.</summary>
    private async Task<bool> BringForwardAsync()
    {
        var (due, now) = (new TableDue(_tables), TimeProvider.System.GetUtcNow());
        foreach (var one in (await due.ListAsync(now.AddHours(1), 1000, Cancellation)).Where(d => d.At > now))
        {
            await due.AddAsync(one with { At = now }, Cancellation);
            await due.RemoveAsync(one, Cancellation);
        }

        return true;
    }

    /// <summary>Half a minute passes in which nobody holds a lane, and a storm's pause with it.</summary>
    private async Task LetGoAsync()
    {
        await _process!.WaitForExitAsync(Cancellation);
        _process.Dispose();
        _process = null;
        var lanes = new TableLanes(_tables);
        foreach (var name in Names)
        {
            var (stored, now) = (await lanes.ReadAsync(name, Cancellation), TimeProvider.System.GetUtcNow());
            await lanes.TrySaveAsync(
                stored with { Lane = stored.Lane with { HeldUntil = now, RestsUntil = now, WaitsUntil = now, NextLook = now, Flow = stored.Lane.Flow with { NextPile = now } } }, Cancellation);
        }
    }

    private async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(3), $"Not within three minutes: {what}.\n{string.Join('\n', _told)}");
            await Task.Delay(100, Cancellation);
        }
    }

    private static AlertTransition Opened(string device) => new()
    {
        AlertId = AlertTransition.IdOf(device, AlertKind.DeviceOffline, Raised),
        Change = AlertChange.Opened,
        Kind = AlertKind.DeviceOffline,
        Severity = Severity.Warning,
        DeviceId = device,
        Summary = $"{device} is silent.",
        RaisedAt = Raised,
        At = TimeProvider.System.GetUtcNow(),
    };
}
