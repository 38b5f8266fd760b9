using Microsoft.Extensions.Configuration;

namespace IoTBackend.FunctionsHost.Settings;

/// <summary>
/// host.json; <c>AzureFunctionsJobHost__path__to__value</c> overrides a value, as in Azure.
/// Read by hand rather than bound: every value has its range, and all errors are reported at once.
/// </summary>
/// <param name="RoutePrefix">What every HTTP route begins with; default "api".</param>
/// <param name="FunctionTimeout">Longest time one invocation may take; default 30 min, -1 in the file = as long as it likes.</param>
/// <param name="EventHubs">The Event Hubs trigger.</param>
/// <param name="Queues">The queue trigger.</param>
internal sealed record HostSettings(string RoutePrefix, TimeSpan FunctionTimeout, EventHubSettings EventHubs, QueueSettings Queues)
{
    public static HostSettings Read(IConfiguration hostJson)
    {
        var values = new Values(hostJson);
        var settings = new HostSettings(
            values.Text("extensions:http:routePrefix", "api").Trim('/'),
            values.Text("functionTimeout", "") is "-1"
                ? Timeout.InfiniteTimeSpan
                : values.Duration("functionTimeout", TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(1), TimeSpan.FromDays(10)),
            EventHubSettings.Read(values), QueueSettings.Read(values));
        values.ThrowIfInvalid("host.json");
        return settings;
    }
}

/// <summary>The Event Hubs trigger.</summary>
/// <param name="MaxBatch">Most events in one invocation, 1..100,000; default 100.</param>
/// <param name="MinBatch">Fewest events worth an invocation before <paramref name="MaxWait"/> is over; default 1.</param>
/// <param name="MaxWait">Longest wait for <paramref name="MinBatch"/> events; default 60 s.</param>
/// <param name="Prefetch">Events fetched ahead per partition; default 300.</param>
/// <param name="CheckpointFrequency">Batches per checkpoint; default 1.</param>
/// <param name="BalanceInterval">Pause between two rounds of load balancing; default 5 s (30 s in Azure: there a round trip costs money).</param>
/// <param name="OwnershipExpiry">A host not heard of for this long has lost its partitions, at least 2 s (a blob's time has whole seconds); default 20 s (2 min in Azure).</param>
/// <param name="FromEnd">Without a checkpoint: start behind the newest event instead of at the oldest.</param>
internal sealed record EventHubSettings(
    int MaxBatch, int MinBatch, TimeSpan MaxWait, int Prefetch, int CheckpointFrequency, TimeSpan BalanceInterval, TimeSpan OwnershipExpiry, bool FromEnd)
{
    /// <summary>An invocation has no more than this and one event: a message to the worker is held in memory several times over.</summary>
    public long MaxBatchBytes { get; init; } = 4 << 20;

    /// <summary>Fetched ahead per partition, whatever the number of events; one alone may be 1 MB.</summary>
    public long PrefetchBytes { get; init; } = 4 << 20;

    public static EventHubSettings Read(Values values)
    {
        const string at = "extensions:eventHubs:";
        var settings = new EventHubSettings(
            values.Integer(at + "maxEventBatchSize", 100, 1, 100_000),
            values.Integer(at + "minEventBatchSize", 1, 1, 100_000),
            values.Duration(at + "maxWaitTime", TimeSpan.FromSeconds(60), TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            values.Integer(at + "prefetchCount", 300, 0, 100_000),
            values.Integer(at + "batchCheckpointFrequency", 1, 1, 100_000),
            values.Duration(at + "loadBalancingUpdateInterval", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(5)),
            values.Duration(at + "partitionOwnershipExpirationInterval", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), TimeSpan.FromHours(1)),
            values.Choice(at + "initialOffsetOptions:type", "fromStart", "fromEnd") == "fromEnd");
        values.Require(settings.MinBatch <= settings.MaxBatch, at + "minEventBatchSize", "must not exceed maxEventBatchSize");
        values.Require(settings.OwnershipExpiry >= 2 * settings.BalanceInterval, at + "partitionOwnershipExpirationInterval", "must be at least twice loadBalancingUpdateInterval");
        return settings;
    }
}

/// <summary>The queue trigger.</summary>
/// <param name="BatchSize">Messages fetched at once, 1..32; default 16.</param>
/// <param name="NewBatchThreshold">Fetch again once no more than this many are running; default half a batch.</param>
/// <param name="MaxDequeueCount">Attempts before a message goes to the poison queue; default 5.</param>
/// <param name="MaxPollingInterval">Longest pause between two looks at an empty queue; default 1 min.</param>
/// <param name="RetryAfter">Pause before a failed message is tried again; default none.</param>
/// <param name="Base64">Whether bodies are Base64; default true.</param>
internal sealed record QueueSettings(int BatchSize, int NewBatchThreshold, int MaxDequeueCount, TimeSpan MaxPollingInterval, TimeSpan RetryAfter, bool Base64)
{
    public static QueueSettings Read(Values values)
    {
        const string at = "extensions:queues:";
        var batch = values.Integer(at + "batchSize", 16, 1, 32);
        return new(
            batch,
            values.Integer(at + "newBatchThreshold", batch / 2, 0, 1_000),
            values.Integer(at + "maxDequeueCount", 5, 1, 1_000),
            values.Duration(at + "maxPollingInterval", TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            values.Duration(at + "visibilityTimeout", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(7)),
            values.Choice(at + "messageEncoding", "base64", "none") == "base64");
    }
}
