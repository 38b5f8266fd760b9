using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What must be known of a device to judge its credential, where that is not the rule (generation 1, enabled).</summary>
/// <param name="Generation">Generation of the primary key.</param>
/// <param name="Enabled">False: its operator disabled it.</param>
/// <param name="Deleted">True: no longer registered; <paramref name="Generation"/> is the last it had.</param>
public readonly record struct DeviceException(int Generation, bool Enabled, bool Deleted)
{
    public static readonly DeviceException None = new(DeviceKeys.FirstGeneration, Enabled: true, Deleted: false);
}

/// <summary>The devices that are an exception, in memory and a few seconds behind the store at most.</summary>
public interface IDeviceExceptions
{
    /// <summary><see cref="DeviceException.None"/> for all others.</summary>
    /// <exception cref="UnavailableException">The list was not read yet; nobody may be let in.</exception>
    DeviceException Of(string deviceId);
}
