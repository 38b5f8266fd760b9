namespace IoTBackend.Cost;

/// <summary>What is counted by the hour and billed, or bounds what can be done.</summary>
internal enum Meter
{
    /// <summary>Runs of the processor, the archive and the queues' functions.</summary>
    Runs,

    /// <summary>Seconds that instances of those are awake, and of the timers that run every minute.</summary>
    AwakeSeconds,

    /// <summary>Processor time of everything.</summary>
    CpuSeconds,

    /// <summary>Durations of HTTP requests, added up.</summary>
    HttpSeconds,

    /// <summary>Durations of the processor's runs, added up.</summary>
    ProcessorSeconds,

    TableRequests,
    QueueRequests,
    BlobWrites,
    BlobLists,
    BlobOthers,
    ArchiveBytes,
}

/// <summary>
/// Which price a request to storage has. Blobs: learn.microsoft.com/azure/storage/blobs/map-rest-apis-transaction-categories (general
/// purpose v2, 2025-05-14): appending and putting are writes, listing has its own price, metadata and leases are "other", deleting is free.
/// </summary>
internal static class StorageOperation
{
    /// <summary>Null for what costs nothing, and for what the host does at a pace of its own in Azure: <see cref="HostCadence"/> counts that.</summary>
    public static Meter? MeterOf(string request) => request.Split(' ') switch
    {
        ["tables", ..] => Meter.TableRequests,
        ["queues", ..] => Meter.QueueRequests,
        ["blobs", _, var what, ..] when what.Contains("/ownership", StringComparison.Ordinal) || what.EndsWith("/locks", StringComparison.Ordinal) => null,
        ["blobs", "DELETE", ..] => null,
        ["blobs", "PUT", _, "comp=metadata" or "comp=lease" or "comp=properties"] => Meter.BlobOthers,
        ["blobs", "PUT", ..] => Meter.BlobWrites,
        ["blobs", _, _, "comp=list"] => Meter.BlobLists,
        ["blobs", ..] => Meter.BlobOthers,
        _ => throw new FormatException($"What is the price of '{request}'?"),
    };
}
