using Azure.Storage.Queues;
using IoTBackend.Core.Alerts;

namespace IoTBackend.Adapters.Queues;

/// <summary>The queue <c>alert-deliveries</c>; a pause is the time a message stays unseen.</summary>
public sealed class StorageDeliveryQueue(QueueServiceClient queues) : IDeliveryQueue
{
    private readonly QueueClient _queue = queues.GetQueueClient(QueueNames.AlertDeliveries);

    public Task EnqueueAsync(Delivery delivery, TimeSpan after, CancellationToken cancellationToken) =>
        Unavailable.CallAsync(Unavailable.Queues, () => _queue.SendMessageAsync(
            new BinaryData(AlertMessage.Of(delivery)), TimeSpan.FromSeconds(Math.Ceiling(after.TotalSeconds)), StorageAlertQueue.Forever, cancellationToken));
}
