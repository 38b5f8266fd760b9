using System.Text.Json;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>The binding data of an Event Hubs invocation, in the form in which the host hands it to the worker: JSON text.</summary>
internal static class PartitionMetadata
{
    public static Dictionary<string, object?> Of(IEventHub hub, string partitionId) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["PartitionContext"] = JsonSerializer.Serialize(new
        {
            hub.FullyQualifiedNamespace,
            EventHubName = hub.Name,
            hub.ConsumerGroup,
            PartitionId = partitionId,
        }),
    };
}
