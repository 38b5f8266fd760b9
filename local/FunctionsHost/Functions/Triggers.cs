using IoTBackend.FunctionsHost.EventHubs;
using IoTBackend.FunctionsHost.Queues;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Storage;
using IoTBackend.FunctionsHost.Timers;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Functions;

/// <summary>What feeds the functions that are not HTTP: their settings are checked at once, the listeners made when there is a worker to call.</summary>
internal sealed class Triggers
{
    private readonly List<(Function Function, Func<BackgroundCall, IListener> Feed)> feeds;

    /// <exception cref="HostException">A trigger that this host does not know, or that is declared wrongly.</exception>
    public Triggers(IEnumerable<Function> functions, AppSettings settings, StorageConnections connections, HostSettings host, string hostId)
    {
        feeds = [.. functions.Where(function => !IsHttp(function)).Select(function => (function, Feed(function, settings, connections, host, hostId)))];
        if (feeds.Count > 0)
            connections.Require(StorageConnections.Host);
    }

    public static bool IsHttp(Function function) => function.TriggerType == "httptrigger";

    public IReadOnlyList<IListener> Listeners(Invoke invoke, TimeProvider time, ILogger logger) =>
        [.. feeds.Select(entry => entry.Feed(new(entry.Function, invoke, time, logger)))];

    private static Func<BackgroundCall, IListener> Feed(Function function, AppSettings settings, StorageConnections connections, HostSettings host, string hostId) =>
        function.TriggerType switch
        {
            "timertrigger" => TimerFeed.Prepare(function, settings, connections, hostId),
            "eventhubtrigger" => EventHubFeed.Prepare(function, settings, connections, host.EventHubs),
            "queuetrigger" => QueueFeed.Prepare(function, settings, connections, host.Queues),
            _ => throw new HostException($"{function.Name}: this host has no {function.TriggerType}."),
        };
}
