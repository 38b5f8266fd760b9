namespace IoTBackend.Cost;

/// <summary>A limit of the platform, how much of it a fleet uses, and what to change when it binds.</summary>
internal sealed record Limit(string What, decimal Used, decimal Most, string Remedy)
{
    public decimal Share => Used / Most;
}

/// <summary>
/// Which limit binds first. Figures: learn.microsoft.com/azure/event-hubs/event-hubs-quotas,
/// learn.microsoft.com/azure/storage/tables/scalability-targets and learn.microsoft.com/azure/azure-functions/flex-consumption-plan.
/// </summary>
internal static class Limits
{
    public const int EventsPerUnit = 1000;
    public const int BytesPerUnit = 1_000_000;
    private const int MaximumUnits = 40;
    private const int RequestsPerAccount = 20_000;
    private const int EntitiesPerPartition = 2000;
    private const int CoresPerRegion = 250;

    public static int ThroughputUnits(Fleet fleet, decimal bytesPerReading) => (int)Math.Max(1, Math.Max(
        Math.Ceiling(fleet.EventsPerSecond / EventsPerUnit), Math.Ceiling(fleet.PerSecond * bytesPerReading / BytesPerUnit)));

    /// <summary>Nearest to binding first.</summary>
    public static IReadOnlyList<Limit> Of(Fleet fleet, Measurement measured)
    {
        var use = new FleetUse(measured.Points, measured.Profile);
        return new Limit[]
        {
            new("AMQP connections of the namespace", fleet.Amqp ? fleet.Devices : 0, measured.Profile.Connections,
                "devices send over HTTP (no connection is kept), the Standard tier (5,000), or Premium (10,000 a processing unit)"),
            new("throughput units of the namespace", ThroughputUnits(fleet, measured.BytesPerReading), MaximumUnits,
                "a second deployment; below it, auto-inflate (ingest.maximumUnits)"),
            new("requests a second of the storage account", use.Of(Meter.TableRequests, fleet) / 3600, RequestsPerAccount,
                "larger batches (ingest.batchSeconds), or a second deployment"),
            new("entities a second of a table partition", fleet.EventsPerSecond / measured.Profile.Shards, EntitiesPerPartition,
                "more partitions, which bring four shards each, or DeviceStates__ShardCount: to be chosen at the start"),
            new("partitions that process beside each other", use.Of(Meter.ProcessorSeconds, fleet) / 3600, measured.Profile.Partitions,
                "16 partitions as in prod, 32 at most: to be chosen at the start"),
            new("cores of a subscription in a region", Instances.SecondsPerHourOf(fleet, use) / 3600 * Instances.Cores, CoresPerRegion,
                "a higher quota (a support request), or a second subscription"),
        }.OrderByDescending(l => l.Share).ToList();
    }
}
