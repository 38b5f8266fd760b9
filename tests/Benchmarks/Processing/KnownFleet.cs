using IoTBackend.Core.Devices;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>Registered devices in memory, as the catalog holds them once they have been heard.</summary>
internal sealed class KnownFleet : IDeviceCatalog, IDeviceRegistry
{
    private static readonly DeviceModel Model = new() { Name = "bench", Battery = new("li-ion", LowPercent: 20, CriticalPercent: 10) };

    private readonly Dictionary<string, Device> _devices;

    public KnownFleet(int count) => _devices = Enumerable.Range(0, count).Select(i => $"device-{i:D6}").ToDictionary(
        id => id,
        id => new Device { Id = id, Model = Model.Name, ReportingInterval = TimeSpan.FromMinutes(1), RegisteredAt = DateTimeOffset.UnixEpoch });

    public IReadOnlyCollection<string> Ids => _devices.Keys;

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_devices.GetValueOrDefault(deviceId));

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new(Model);

    Task<Device?> IDeviceRegistry.FindAsync(string deviceId, CancellationToken cancellationToken) => FindAsync(deviceId, cancellationToken).AsTask();

    Task<DeviceModel?> IDeviceRegistry.FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(Model);

    public IAsyncEnumerable<Device> ListAsync(CancellationToken cancellationToken) => _devices.Values.ToAsyncEnumerable();
}
