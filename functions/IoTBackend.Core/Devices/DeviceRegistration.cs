using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What became of a registration: the device, and its keys where it has new ones.</summary>
public sealed record Registered(Device Device, KeyPair? Keys);

/// <summary>
/// Registers, changes and removes devices. Keys leave it only when a device is created, by an operator or by its enrolment, and when they are rotated.
/// A write goes over what was read, and is tried again when somebody else was faster.
/// </summary>
public sealed class DeviceRegistration(IDeviceStore store, DeviceKeys keys, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>
    /// With keys: created. Without: there was one, and what the request says replaces what was said before.
    /// Rejected: the id differs from one that is or was registered in upper and lower case only; hubs do not tell such publishers apart.
    /// </summary>
    public async Task<Result<Registered>> PutAsync(string deviceId, RegistrationRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await store.LoadAsync(deviceId, cancellationToken);
            if (stored is not null && stored.Device.Id != deviceId)
                return Result<Registered>.Rejected($"The id is taken as '{stored.Device.Id}'; ids must differ in more than upper and lower case.");
            var known = stored is { Deleted: false } ? stored.Device : null;
            var device = request.ApplyTo(known ?? Create(deviceId, stored?.Device.KeyGeneration));
            if (await store.TrySaveAsync(new(device, Deleted: false, stored?.Version), cancellationToken))
                return new Registered(device, known is null ? keys.Of(deviceId, device.KeyGeneration) : null);
        }

        throw Contended();
    }

    /// <summary>
    /// Registers a device that shows a claim, with the answer of before where this enrolment has made it already. Null = the id is or was
    /// another's: who holds a claim does not get the key of a device that is there, nor brings back one that was removed.
    /// </summary>
    public async Task<Registered?> EnrolAsync(string deviceId, RegistrationRequest request, Enrolled enrolled, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await store.LoadAsync(deviceId, cancellationToken);
            if (stored is not null && !enrolled.Made(stored))
                return null;
            var device = stored?.Device ?? request.ApplyTo(Create(deviceId, null)) with { Enrolled = enrolled };
            // Also what is there: the first time may have been cut off before everybody heard of the device.
            if (await store.TrySaveAsync(new(device, Deleted: false, stored?.Version), cancellationToken))
                return new(device, keys.Of(deviceId, device.KeyGeneration));
        }

        throw Contended();
    }

    /// <summary>False = not registered. The device's keys are void from now on, also if the id is registered again.</summary>
    public async Task<bool> DeleteAsync(string deviceId, CancellationToken cancellationToken) =>
        await ChangeAsync(deviceId, device => device, delete: true, cancellationToken) is not null;

    /// <summary>A new primary key; the old one goes on as the secondary key until the next rotation. Null = not registered.</summary>
    public async Task<Registered?> RotateKeysAsync(string deviceId, CancellationToken cancellationToken)
    {
        var device = await ChangeAsync(deviceId, d => d with { KeyGeneration = checked(d.KeyGeneration + 1) }, delete: false, cancellationToken);
        return device is null ? null : new(device, keys.Of(deviceId, device.KeyGeneration));
    }

    /// <summary>A disabled device keeps its registration and state and is let in nowhere. Null = not registered.</summary>
    public Task<Device?> SetEnabledAsync(string deviceId, bool enabled, CancellationToken cancellationToken) =>
        ChangeAsync(deviceId, device => device with { Enabled = enabled }, delete: false, cancellationToken);

    private async Task<Device?> ChangeAsync(string deviceId, Func<Device, Device> change, bool delete, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await store.LoadAsync(deviceId, cancellationToken);
            if (stored is null || stored.Device.Id != deviceId || (stored.Deleted && !delete))
                return null;
            // A repeated delete writes the tombstone again: the first may have been cut off before everybody heard.
            var next = stored with { Device = change(stored.Device), Deleted = delete };
            if (await store.TrySaveAsync(next, cancellationToken))
                return stored.Deleted ? null : next.Device;
        }

        throw Contended();
    }

    private Device Create(string deviceId, int? formerGeneration) => new()
    {
        Id = deviceId,
        KeyGeneration = formerGeneration is { } former ? checked(former + DeviceKeys.GenerationsPerLife) : DeviceKeys.FirstGeneration,
        RegisteredAt = time.GetUtcNow(),
    };

    private static ConflictException Contended() => new("the device");
}
