using System.Text.Json;
using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>The queue <c>alert-deliveries</c>; a pause is the time a message stays unseen.</summary>
public sealed class StorageLaneCalls(QueueServiceClient queues) : ILaneCalls
{
    /// <summary>Longer a message cannot stay unseen; who comes too early looks and plans anew.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private readonly QueueClient _queue = queues.GetQueueClient(QueueNames.AlertDeliveries);

    public Task EnqueueAsync(LaneCall call, TimeSpan after, CancellationToken cancellationToken)
    {
        var seconds = Math.Clamp(Math.Ceiling(after.TotalSeconds), 0, Longest.TotalSeconds);
        var message = new BinaryData(JsonSerializer.SerializeToUtf8Bytes(call, WireJson.Options));
        return _queue.SendMessageAsync(message, TimeSpan.FromSeconds(seconds), StorageAlertQueue.Forever, cancellationToken);
    }
}
