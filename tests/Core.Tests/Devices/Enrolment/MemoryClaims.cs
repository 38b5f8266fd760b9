using System.Collections.Concurrent;
using Core.Tests.Releases;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;

namespace Core.Tests.Devices.Enrolment;

/// <summary>Claims and devices in memory, safe for many at once. <see cref="DieBefore"/> ends the process at a write, <see cref="DieAfter"/> right behind one.</summary>
internal sealed class MemoryClaims : IClaimStore, IDeviceStore
{
    private readonly ConcurrentDictionary<string, Claim> _claims = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string, int), ClaimUse> _uses = new();
    private readonly Dictionary<string, StoredDevice> _devices = new(StringComparer.OrdinalIgnoreCase);
    private int _writes;

    public int? DieBefore { get; set; }

    public int? DieAfter { get; set; }

    public int Reads { get; private set; }

    public int Writes => _writes;

    public int Enrolled
    {
        get
        {
            lock (_devices)
                return _devices.Values.Count(d => d.Device.Enrolled is not null);
        }
    }

    public Task AddAsync(Claim claim, CancellationToken cancellationToken) => Task.FromResult(_claims[claim.Id] = claim);

    public Task<Claim?> FindAsync(string id, CancellationToken cancellationToken)
    {
        Reads++;
        return Task.FromResult(_claims.GetValueOrDefault(id));
    }

    public Task<IReadOnlyList<Claim>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Claim>>([.. _claims.Values]);

    public Task<Claim?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(_claims.TryGetValue(id, out var claim) ? _claims[id] = claim with { RevokedAt = at } : null);

    public Task<IReadOnlyDictionary<int, ClaimUse>> UsesAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<int, ClaimUse>>(_uses.Where(u => u.Key.Item1 == id).ToDictionary(u => u.Key.Item2, u => u.Value));

    public async Task<bool> TryUseAsync(string id, int place, ClaimUse use, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return Write(() => _uses.TryAdd((id, place), use));
    }

    public Task TrimAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StoredDevice?> LoadAsync(string deviceId, CancellationToken cancellationToken)
    {
        lock (_devices)
            return Task.FromResult(_devices.GetValueOrDefault(deviceId));
    }

    public Task<bool> TrySaveAsync(StoredDevice device, CancellationToken cancellationToken) => Task.FromResult(Write(() =>
    {
        lock (_devices)
        {
            if (_devices.GetValueOrDefault(device.Device.Id)?.Version != device.Version)
                return false;
            _devices[device.Device.Id] = device with { Version = $"{Guid.NewGuid()}" };
            return true;
        }
    }));

    private T Write<T>(Func<T> write)
    {
        var number = Interlocked.Increment(ref _writes);
        if (number == DieBefore)
            throw new ProcessDied();
        var result = write();
        return number == DieAfter ? throw new ProcessDied() : result;
    }
}
