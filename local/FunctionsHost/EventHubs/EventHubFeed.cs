using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Storage;

namespace IoTBackend.FunctionsHost.EventHubs;

internal static class EventHubFeed
{
    public static Func<BackgroundCall, IListener> Prepare(Function function, AppSettings settings, StorageConnections connections, EventHubSettings options)
    {
        var name = settings.Resolve(function["eventHubName"] ?? "");
        var group = settings.Resolve(function["consumerGroup"] ?? "$Default");
        var connection = function["connection"] ?? throw new HostException($"{function.Name}: an EventHubTrigger needs a Connection.");
        var host = settings.Section(connection)["fullyQualifiedNamespace"];
        var text = host is null ? settings.Required(connection) : settings[connection];
        var hub = new HubConnection(name, group, text is { Length: > 0 } ? text : null, host);
        return call => new EventHubListener(call, hub, connections.Blobs().GetBlobContainerClient(BlobCheckpointStore.Container), options);
    }
}
