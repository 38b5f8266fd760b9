using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;

namespace Core.Tests.State;

/// <summary>States in memory, one shard, that can fail before or after it has stored, as a network does.</summary>
internal sealed class MemoryDeviceStates : IDeviceStates, IDeviceShard
{
    public Dictionary<string, DeviceRecord> Records { get; } = [];

    public List<AlertTransition> Alerts { get; } = [];

    public int Commits { get; private set; }

    public bool FailBeforeCommit { get; set; }

    public bool FailAfterCommit { get; set; }

    /// <summary>Runs once in place of the next commit, which is then refused: another process was faster.</summary>
    public Action? Overtaken { get; set; }

    public int ShardCount => 1;

    public int ShardOf(string deviceId) => 0;

    public Task<IDeviceShard> OpenAsync(int shard, bool whole, CancellationToken cancellationToken) => Task.FromResult<IDeviceShard>(this);

    public ValueTask<DeviceRecord> GetAsync(string deviceId, CancellationToken cancellationToken) => new(Records.GetValueOrDefault(deviceId));

    public Task<IReadOnlyList<string>> DueAsync(DateTimeOffset until, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. Records.Where(r => r.Value.DueAt < until).Select(r => r.Key)]);

    public Task<bool> TryCommitAsync(IReadOnlyCollection<DeviceChange> changes, CancellationToken cancellationToken)
    {
        if (FailBeforeCommit)
            throw new UnavailableException("table storage");
        if (Overtaken is { } overtaken)
        {
            Overtaken = null;
            overtaken();
            return Task.FromResult(false);
        }

        Commits++;
        foreach (var change in changes)
        {
            // As the store does: only what survives its own bytes is kept.
            Records[change.DeviceId] = DeviceRecord.FromBytes(change.Record.ToBytes());
            Alerts.AddRange(change.Alerts);
        }

        return FailAfterCommit ? throw new UnavailableException("table storage") : Task.FromResult(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<DeviceRecord?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        Task.FromResult<DeviceRecord?>(Records.TryGetValue(deviceId, out var record) ? record : null);

    public IAsyncEnumerable<KeyValuePair<string, DeviceRecord>> ListAsync(CancellationToken cancellationToken) => Records.ToAsyncEnumerable();

    public Task RemoveAsync(string deviceId, CancellationToken cancellationToken)
    {
        Records.Remove(deviceId);
        return Task.CompletedTask;
    }
}
