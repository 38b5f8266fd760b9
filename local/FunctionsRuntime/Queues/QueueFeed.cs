using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;
using IoTBackend.Local.FunctionsHost.Storage;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Local.FunctionsHost.Queues;

internal static class QueueFeed
{
    public static Func<BackgroundCall, IListener> Prepare(
        QueueTriggerAttribute trigger, AppSettings settings, StorageConnections connections, QueueSettings options)
    {
        var name = settings.Resolve(trigger.QueueName);
        var connection = trigger.Connection ?? StorageConnections.Host;
        connections.Require(connection);
        return call => new QueueListener(call, connections.Queues(connection), name, options);
    }
}
