using System.Text.Json;
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

    /// <summary>Why the store will never have a change; null = it will.</summary>
    public Func<DeviceChange, string?>? Refuses { get; set; }

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

        Assert.NotEmpty(changes);
        Assert.Distinct(changes.Select(c => c.DeviceId));
        Commits++;
        var refused = new List<RefusedChange>();
        foreach (var change in changes)
        {
            Check(change);
            if (Refuses?.Invoke(change) is { } reason)
            {
                refused.Add(new(change.DeviceId, reason));
                continue;
            }

            // As the store does: only what survives its own bytes is kept.
            Records[change.DeviceId] = DeviceRecord.FromBytes(change.Record.ToBytes());
            Alerts.AddRange(change.Alerts);
        }

        if (refused.Count > 0)
            throw new ChangesRefusedException(refused);
        return FailAfterCommit ? throw new UnavailableException("table storage") : Task.FromResult(true);
    }

    /// <summary>The Table service's rules, as far as a device's rows can break them: 100 rows, each once, 64 KiB a property, 1 KiB a key.</summary>
    private static void Check(DeviceChange change)
    {
        var keys = change.Alerts.Select(a => $"{a.AlertId}-{a.Change}-{a.At.ToUnixTimeMilliseconds()}").ToList();
        Assert.Distinct(keys);
        Assert.InRange(3 + keys.Count, 3, 100);
        Assert.All(keys, k => Assert.True(k.Length < 500 && !k.AsSpan().ContainsAny("/\\#?") && !k.Any(char.IsControl)));
        Assert.InRange(change.Record.ToBytes().Length, 1, 64 << 10);
        // A queue's message, 48 KiB before Base64, is the closer limit.
        Assert.All(change.Alerts, a => Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(a, WireJson.Options).Length, 1, 48 << 10));
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
