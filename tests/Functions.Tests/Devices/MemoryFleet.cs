using System.Runtime.CompilerServices;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;

namespace Functions.Tests.Devices;

/// <summary>Registrations, and what the devices report.</summary>
internal sealed class MemoryFleet : IDeviceStore, IDeviceRegistry, IDeviceListing, IDeviceConditions
{
    private readonly SortedDictionary<string, StoredDevice> _rows = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, DeviceCondition> Conditions { get; } = [];

    public Task<StoredDevice?> LoadAsync(string deviceId, CancellationToken cancellationToken) => Task.FromResult(_rows.GetValueOrDefault(deviceId));

    public Task<bool> TrySaveAsync(StoredDevice device, CancellationToken cancellationToken)
    {
        _rows[device.Device.Id] = device with { Version = "1" };
        return Task.FromResult(true);
    }

    public Task<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        Task.FromResult(_rows.GetValueOrDefault(deviceId) is { Deleted: false } row && row.Device.Id == deviceId ? row.Device : null);

    public Task<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

    public async IAsyncEnumerable<Device> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (device, _) in ListAsync(null, cancellationToken))
            yield return device;
    }

    public async IAsyncEnumerable<(Device Device, string Position)> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var row in _rows.Values.Where(r => !r.Deleted && (after is null || string.CompareOrdinal(r.Device.Id, after) > 0)))
            yield return (row.Device, row.Device.Id);
    }

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, DeviceCondition>>(Conditions.Where(c => deviceIds.Contains(c.Key)).ToDictionary());

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAllAsync(IReadOnlyDictionary<string, Device> devices, CancellationToken cancellationToken) =>
        FindAsync([.. devices.Keys], cancellationToken);

    public Task<IReadOnlyDictionary<string, DeviceStatus>> StatusesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, DeviceStatus>>(Conditions.ToDictionary(c => c.Key, c => c.Value.Status));
}
