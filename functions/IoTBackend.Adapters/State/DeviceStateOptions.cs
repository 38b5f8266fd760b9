using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Adapters.State;

/// <summary>How device states are laid out.</summary>
public sealed record DeviceStateOptions
{
    public const string Section = "DeviceStates";

    /// <summary>
    /// Shards, a multiple of the hub's partitions. Fixed when the store is made: a device is looked for in its shard only.
    /// A transaction holds one shard's changes, so few shards make full transactions, many let a store scale out.
    /// </summary>
    [Range(1, 4096)]
    public int ShardCount { get; init; } = 16;
}
