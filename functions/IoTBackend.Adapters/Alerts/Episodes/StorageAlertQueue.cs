using Azure.Storage.Queues;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Episodes;

/// <summary>The queue <c>alerts</c>. Messages never expire: an alert that waits is late, not void.</summary>
public sealed class StorageAlertQueue(QueueServiceClient queues) : IAlertQueue
{
    internal static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue = queues.GetQueueClient(QueueNames.Alerts);

    public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => EnqueueAsync(transition, TimeSpan.Zero, cancellationToken);

    /// <summary>Not to be seen before <paramref name="after"/> has passed.</summary>
    public Task EnqueueAsync(AlertTransition transition, TimeSpan after, CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(new BinaryData(AlertMessage.Of(transition)), after, Forever, cancellationToken);
}
