using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <param name="Alerts">Stored with the record or not at all, then sent on.</param>
public readonly record struct DeviceChange(string DeviceId, DeviceRecord Record, IReadOnlyList<AlertTransition> Alerts);

/// <param name="Reason">What the store says is wrong with it.</param>
public readonly record struct RefusedChange(string DeviceId, string Reason);

/// <summary>
/// The store will never take these devices' changes, however often it is asked; those of all others it was asked for at the
/// same time are stored. Nothing else may be lost over it, so whoever commits decides what becomes of them.
/// </summary>
public sealed class ChangesRefusedException(IReadOnlyList<RefusedChange> refused)
    : Exception($"The store refuses for good what {refused[0].DeviceId} and {refused.Count - 1} others change: {refused[0].Reason}")
{
    public IReadOnlyList<RefusedChange> Refused { get; } = refused;
}

/// <summary>What devices reported, in shards that are changed one at a time.</summary>
public interface IDeviceStates
{
    int ShardCount { get; }

    int ShardOf(string deviceId);

    /// <summary>Takes a shard for this process until it is disposed of; other processes are told apart at commit.</summary>
    /// <param name="shard">0 to <see cref="ShardCount"/> - 1.</param>
    /// <param name="whole">Read all its devices at once, rather than one by one as they are asked for.</param>
    /// <param name="cancellationToken">Gives up waiting for it.</param>
    Task<IDeviceShard> OpenAsync(int shard, bool whole, CancellationToken cancellationToken);

    Task<DeviceRecord?> FindAsync(string deviceId, CancellationToken cancellationToken);

    /// <summary>Of some devices; who was never heard is missing.</summary>
    /// <param name="deviceIds">Whose.</param>
    /// <param name="fleet">How many devices there are, about: whether they are read one by one or in pages with those between them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    async Task<IReadOnlyDictionary<string, DeviceRecord>> FindAsync(IReadOnlyCollection<string> deviceIds, int fleet, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DeviceRecord>(StringComparer.Ordinal);
        foreach (var id in deviceIds)
        {
            if (await FindAsync(id, cancellationToken) is { } record)
                found[id] = record;
        }

        return found;
    }

    IAsyncEnumerable<KeyValuePair<string, DeviceRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Forgets a device, its place in the due-index included.</summary>
    Task RemoveAsync(string deviceId, CancellationToken cancellationToken);
}

/// <summary>
/// One shard, held by one caller in this process. Disposing of it first lets the next caller in, then sends on the alerts of
/// what was committed: a storm of them holds up nobody's telemetry.
/// </summary>
public interface IDeviceShard : IAsyncDisposable
{
    /// <summary>The record as last committed; a new one for a device never heard.</summary>
    ValueTask<DeviceRecord> GetAsync(string deviceId, CancellationToken cancellationToken);

    /// <summary>Devices that stand in the due-index before <paramref name="until"/>; alerts that a process died over leave when the shard is let go.</summary>
    Task<IReadOnlyList<string>> DueAsync(DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the changes, each with its alerts and its place in the due-index, in as few transactions as their number allows;
    /// the alerts leave when the shard is let go.
    /// </summary>
    /// <returns>False when another process changed one of these devices: what was read is forgotten, decide anew.</returns>
    /// <exception cref="ChangesRefusedException">Some cannot be stored; the others are.</exception>
    Task<bool> TryCommitAsync(IReadOnlyCollection<DeviceChange> changes, CancellationToken cancellationToken);
}
