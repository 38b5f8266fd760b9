using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;
using IoTBackend.Local.FunctionsHost.Storage;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Local.FunctionsHost.EventHubs;

internal static class EventHubFeed
{
    public static Func<BackgroundCall, IListener> Prepare(
        EventHubTriggerAttribute trigger, AppSettings settings, StorageConnections connections, EventHubSettings options)
    {
        var name = settings.Resolve(trigger.EventHubName);
        var group = settings.Resolve(trigger.ConsumerGroup ?? "$Default");
        var connection = trigger.Connection ?? throw new InvalidOperationException("An EventHubTrigger needs a Connection.");
        if (settings.Section(connection)["fullyQualifiedNamespace"] is null)
            settings.Required(connection);
        return call => new EventHubListener(
            call, EventHub.Connect(settings, connection, name, group, options.Prefetch),
            connections.Blobs().GetBlobContainerClient(BlobPaths.Container), options, trigger.IsBatched);
    }
}
