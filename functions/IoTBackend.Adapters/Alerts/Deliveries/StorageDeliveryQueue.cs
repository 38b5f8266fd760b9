using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>The queue <c>alert-deliveries</c>; a pause is the time a message stays unseen.</summary>
public sealed class StorageDeliveryQueue(QueueServiceClient queues) : IDeliveryQueue
{
    private readonly QueueClient _queue = queues.GetQueueClient(QueueNames.AlertDeliveries);

    public Task EnqueueAsync(Delivery delivery, TimeSpan after, CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(
            new BinaryData(AlertMessage.Of(delivery)), TimeSpan.FromSeconds(Math.Ceiling(after.TotalSeconds)), StorageAlertQueue.Forever, cancellationToken);
}
