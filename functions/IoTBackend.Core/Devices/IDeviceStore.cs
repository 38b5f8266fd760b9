namespace IoTBackend.Core.Devices;

/// <summary>A device's row. A deleted one stays as a tombstone that remembers the key generation.</summary>
/// <param name="Version">The store's, to write only over what was read; null = never stored.</param>
public sealed record StoredDevice(Device Device, bool Deleted, string? Version);

/// <summary>Where registrations are kept. Every write is heard by all instances within seconds.</summary>
public interface IDeviceStore
{
    /// <summary>Null = no device had this id, in any spelling of upper and lower case.</summary>
    Task<StoredDevice?> LoadAsync(string deviceId, CancellationToken cancellationToken);

    /// <summary>Writes the row, and the exception that follows from it; false = somebody else wrote since it was read.</summary>
    Task<bool> TrySaveAsync(StoredDevice device, CancellationToken cancellationToken);
}

/// <summary>What is known of device types.</summary>
public interface IModelStore
{
    Task<DeviceModel?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<DeviceModel>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(DeviceModel model, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}
