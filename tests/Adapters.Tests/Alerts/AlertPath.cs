using System.Diagnostics.Metrics;
using Adapters.Tests.Alerts.Deliveries;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Deliveries.Webhook;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Alerts.Routing;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Adapters.Tests.Alerts;

/// <summary>A process that handles alerts as the host would have it, until it is killed: started by <see cref="AlertKillTests"/>.</summary>
public sealed class AlertPath
{
    /// <summary>The storage's connection string.</summary>
    internal const string Variable = "IOT_ALERT_PATH";

    /// <summary>So long a killed process' message stays out of sight.</summary>
    private static readonly TimeSpan Invisible = TimeSpan.FromSeconds(3);

    [Fact(Explicit = true)]
    public async Task Handles_alerts_until_it_is_killed()
    {
        if (new ConfigurationBuilder().AddEnvironmentVariables().Build()[Variable] is not { } connection)
            return;
        var (time, tables, queues) = (TimeProvider.System, new TableServiceClient(connection), Queues(connection));
        var (lanes, due, mutes, escalations) = (new TableLanes(tables), new TableDue(tables), new TableMutes(tables), new TableEscalations(tables));
        var (channels, undelivered) = (Channels(tables), new TableUndelivered(tables));
        var alerts = Alerts(tables);
        var calls = new StorageLaneCalls(queues);
        var call = new CallLanes(calls, time);
        var meter = new AlertsMeter(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        var sender = new ChannelSender([new Webhook(Sample.Http(), time)]);
        var tell = new TellAlert(alerts, new AlertAudience(channels, mutes, new TableRoutes(tables), new NoDevices()), escalations, lanes, call, due, time);
        var endMute = new EndMute(mutes, alerts, channels, tell, call, due, time);
        var dispatch = new DispatchAlert(alerts, tell, endMute, due, meter);
        var channel = new TellChannel(channels, lanes, calls, new QuietHours(mutes), undelivered, sender, alerts, Sample.Links, meter, time);
        var keep = new KeepAlerts(new RunDue(due, alerts, escalations, tell, dispatch, endMute, time), channels, lanes, calls, sender, alerts, undelivered, time);
        await Task.WhenAll(
            PumpAsync(queues.GetQueueClient(QueueNames.Alerts), message => dispatch.RunAsync(AlertMessage.Read<AlertTransition>(message), CancellationToken.None)),
            PumpAsync(queues.GetQueueClient(QueueNames.AlertDeliveries), message => channel.RunAsync(AlertMessage.Read<LaneCall>(message), CancellationToken.None)),
            KeepAsync(keep));
    }

    internal static QueueServiceClient Queues(string connection) => new(connection, new() { MessageEncoding = QueueMessageEncoding.Base64 });

    internal static TableChannels Channels(TableServiceClient tables) => new(tables, new(new byte[32]));

    internal static TableAlerts Alerts(TableServiceClient tables) =>
        new(tables, new TableComments(tables), new ChangeNotes(new(tables, TimeProvider.System), TimeProvider.System));

    private static async Task PumpAsync(QueueClient queue, Func<BinaryData, Task> handle)
    {
        while (true)
        {
            var messages = (await queue.ReceiveMessagesAsync(16, Invisible)).Value;
            await Task.WhenAll(messages.Select(message => TryAsync(async () =>
            {
                await handle(message.Body);
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            })));
            if (messages.Length == 0)
                await Task.Delay(100);
        }
    }

    private static async Task KeepAsync(KeepAlerts keep)
    {
        while (true)
        {
            await TryAsync(() => keep.RunAsync(CancellationToken.None));
            await Task.Delay(500);
        }
    }

    /// <summary>As the host: what fails is tried again when it is seen again.</summary>
    private static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            Console.WriteLine(e.Message);
        }
    }

    private sealed class NoDevices : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new((Device?)null);

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);
    }
}
