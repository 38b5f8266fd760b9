namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Sizes and ages of a partition's log.</summary>
internal sealed record LogOptions
{
    /// <summary>A segment is closed when it reaches this size; default 32 MiB. A start scans at most one segment per partition.</summary>
    public long SegmentBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Events older than this go, in whole segments; default 7 days, as an Event Hubs Standard namespace keeps them at most.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>A damaged partition is repaired when it is opened, instead of refused; what cannot be read is lost.</summary>
    public bool Repair { get; init; }

    /// <summary>Bytes kept per partition, in whole segments; default 4 GiB.</summary>
    public long RetentionBytes { get; init; } = 4L * 1024 * 1024 * 1024;
}
