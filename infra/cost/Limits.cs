namespace IoTBackend.Cost;

/// <summary>A limit of the platform, how much of it a fleet uses, and what to change when it binds.</summary>
internal sealed record Limit(string What, decimal? Used, decimal Most, string Remedy)
{
    public decimal? Share => Used / Most;
}

/// <summary>
/// Which limit binds first. Figures: learn.microsoft.com/azure/event-hubs/event-hubs-quotas and
/// learn.microsoft.com/azure/storage/tables/scalability-targets.
/// </summary>
internal static class Limits
{
    public const int EventsPerUnit = 1000;
    public const int BytesPerUnit = 1_000_000;
    private const int MaximumUnits = 40;
    public const int ConnectionsPerNamespace = 5000;
    private const int OperationsPerAccount = 20_000;
    private const int InstancesPerApp = 1000;

    public static int ThroughputUnits(Fleet fleet, Measurement measured) => (int)Math.Max(1, Math.Max(
        Math.Ceiling(fleet.PerSecond / EventsPerUnit),
        Math.Ceiling(fleet.PerSecond * (measured.IngressBytesPerReading ?? 0) / BytesPerUnit)));

    /// <summary>Nearest to binding first.</summary>
    public static IReadOnlyList<Limit> Of(Fleet fleet, Measurement measured) => new Limit[]
    {
        new("AMQP connections of a Standard namespace", fleet.Amqp ? fleet.Devices : 0, ConnectionsPerNamespace,
            "devices send over HTTP (no connection is kept), or the Premium tier (10,000 a processing unit)"),
        new("throughput units of a Standard namespace", ThroughputUnits(fleet, measured), MaximumUnits,
            "auto-inflate up to 40 (ingest.maximumUnits); beyond that a second deployment"),
        new("operations a second of the storage account", measured.TableTransactionsPer1000 * fleet.PerSecond / 1000, OperationsPerAccount,
            "larger batches (host.json maxWaitTime), fewer shards, or a second deployment"),
        new("instances of the app", measured.GbSecondsPer1000 / Estimate.InstanceGB * fleet.PerSecond / 1000, InstancesPerApp,
            "more memory an instance, more partitions, or a second deployment"),
    }.OrderByDescending(l => l.Share ?? -1).ToList();
}
