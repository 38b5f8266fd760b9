using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Routing;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

internal sealed class AlertTriggers(AlertMessages messages, KeepAlerts keep)
{
    [Function("DispatchAlert")]
    public Task DispatchAsync([QueueTrigger(QueueNames.Alerts)] BinaryData message, CancellationToken cancellationToken) =>
        messages.DispatchAsync(message, cancellationToken);

    [Function("DeliverAlert")]
    public Task DeliverAsync([QueueTrigger(QueueNames.AlertDeliveries)] BinaryData message, CancellationToken cancellationToken) =>
        messages.DeliverAsync(message, cancellationToken);

    [Function("KeepAlerts")]
    public Task KeepAsync([TimerTrigger("30 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        keep.RunAsync(cancellationToken);
}
