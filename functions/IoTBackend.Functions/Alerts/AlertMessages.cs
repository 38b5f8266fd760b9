using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Alerts;

/// <summary>
/// Takes messages off the alert queues. The host gives a message up after some failures; that is right for one that cannot
/// be handled, and wrong while a store is down. So such a message is put back, to be seen again later, for as long as it takes.
/// </summary>
internal sealed partial class AlertMessages(
    DispatchAlert dispatch, TellChannel tell, ILaneStore lanes, StorageAlertQueue alerts, ILaneCalls calls, ILogger<AlertMessages> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    public async Task DispatchAsync(BinaryData message, CancellationToken cancellationToken)
    {
        var step = AlertMessage.Read<AlertTransition>(message);
        try
        {
            await dispatch.RunAsync(step, cancellationToken);
        }
        catch (Exception e) when (e is UnavailableException or ConflictException)
        {
            LogPutBack(log, QueueNames.Alerts, e.Message);
            await alerts.EnqueueAsync(step, Pause, cancellationToken);
        }
    }

    public async Task DeliverAsync(BinaryData message, CancellationToken cancellationToken)
    {
        var call = AlertMessage.Read<LaneCall>(message);
        try
        {
            if (OldDelivery.FromMessage(message) is var (channel, notice))
                await lanes.OweAsync(channel, notice, cancellationToken);
            await tell.RunAsync(call, cancellationToken);
        }
        catch (Exception e) when (e is UnavailableException or ConflictException)
        {
            LogPutBack(log, QueueNames.AlertDeliveries, e.Message);
            await calls.EnqueueAsync(call, Pause, cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A message of {Queue} was put back: {Reason}")]
    private static partial void LogPutBack(ILogger log, string queue, string reason);
}
