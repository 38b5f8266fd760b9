using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <summary>Takes a device out of the fleet: its keys first, then what it reported, then the alerts nobody could clear any more.</summary>
public sealed class RemoveDevice(DeviceRegistration registration, IDeviceStates states, IAlertStore alerts, IAlertQueue queue, TimeProvider time)
{
    /// <summary>False = not registered. Done again, it finishes what an earlier removal did not get to.</summary>
    public async Task<bool> RunAsync(string deviceId, CancellationToken cancellationToken)
    {
        var removed = await registration.DeleteAsync(deviceId, cancellationToken);
        await states.RemoveAsync(deviceId, cancellationToken);
        foreach (var alert in await alerts.ListOpenAsync(deviceId, cancellationToken))
            await queue.EnqueueAsync(alert.Step(AlertChange.Cleared, "The device was removed.", time.GetUtcNow()), cancellationToken);

        return removed;
    }
}
