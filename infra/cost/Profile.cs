namespace IoTBackend.Cost;

/// <summary>What of a parameter file decides the bill: infra/NAME.bicepparam.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="HubUnit">Price of one unit of the hub, by its name in infra/prices.json.</param>
/// <param name="Partitions">Of the hub.</param>
/// <param name="Connections">By AMQP to one namespace of that tier (learn.microsoft.com/azure/event-hubs/event-hubs-quotas).</param>
/// <param name="BatchSeconds">How long telemetry may wait for more.</param>
internal sealed record Profile(string Name, string HubUnit, int Partitions, int Connections, int BatchSeconds)
{
    public static readonly Profile Dev = new("dev", "eventHubs.throughputUnit", 4, 5000, 10);
    public static readonly Profile Small = new("small", "eventHubs.basicUnit", 1, 100, 30);

    /// <summary>Throws for a name that no measurement can have.</summary>
    public static Profile Of(string name) => name switch
    {
        "dev" => Dev,
        "small" => Small,
        _ => throw new ArgumentException($"There is no profile {name}: dev, or small.", nameof(name)),
    };

    /// <summary>As infra/main.bicep reckons it: whoever lets telemetry wait lets a queue wait a third of that.</summary>
    public int QueuePollingSeconds => Math.Max(2, BatchSeconds / 3);

    /// <summary>As infra/main.bicep reckons it.</summary>
    public int Shards => Partitions * 4;
}
