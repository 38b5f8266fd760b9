using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Storage;

namespace IoTBackend.FunctionsHost.Queues;

internal static class QueueFeed
{
    public static Func<BackgroundCall, IListener> Prepare(Function function, AppSettings settings, StorageConnections connections, QueueSettings options)
    {
        var name = settings.Resolve(function["queueName"] ?? "");
        var connection = function["connection"] ?? StorageConnections.Host;
        connections.Require(connection);
        return call => new QueueListener(call, connections.Queues(connection), name, options);
    }
}
