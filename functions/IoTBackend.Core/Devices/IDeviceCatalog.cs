namespace IoTBackend.Core.Devices;

/// <summary>The registered devices and models, served from memory and a few seconds behind the store at most.</summary>
public interface IDeviceCatalog
{
    /// <summary>Null = not registered.</summary>
    ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken);

    ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken);
}

/// <summary>The registered devices and models in the store.</summary>
public interface IDeviceRegistry
{
    Task<Device?> FindAsync(string deviceId, CancellationToken cancellationToken);

    IAsyncEnumerable<Device> ListAsync(CancellationToken cancellationToken);

    Task<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken);
}
