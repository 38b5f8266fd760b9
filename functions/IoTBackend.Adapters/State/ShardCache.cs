using Azure;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.State;

/// <summary>A device's row as this process last saw it. As it is stored: a fleet in memory takes less than three quarters of what unpacked records do.</summary>
/// <param name="State">The stored form of the record.</param>
/// <param name="DueAt">The record's.</param>
/// <param name="Tag">The row's version.</param>
internal sealed record CachedDevice(byte[] State, DateTimeOffset? DueAt, ETag Tag)
{
    public DeviceRecord Record => DeviceRecord.FromBytes(State);

    public static CachedDevice Of(DeviceRecord record, ETag tag) => new(record.ToBytes(), record.DueAt, tag);
}

/// <summary>One shard's rows in memory, and the lock that gives it to one caller at a time.</summary>
internal sealed class ShardCache
{
    public SemaphoreSlim Lock { get; } = new(1, 1);

    public Dictionary<string, CachedDevice> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>Every row of the shard is in <see cref="Devices"/>: a device that is not there was never heard.</summary>
    public bool IsWhole { get; set; }

    public void Forget()
    {
        Devices.Clear();
        IsWhole = false;
    }
}
