using System.Runtime.CompilerServices;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.State;

/// <summary>A device and the rules for it, from the catalog; resolved once per version of the registration and its model.</summary>
public sealed class DevicePolicies(IDeviceCatalog catalog, ModelLives? lives = null)
{
    private readonly ConditionalWeakTable<Device, Resolved> _resolved = [];

    /// <summary>Null = not registered.</summary>
    public async ValueTask<(Device Device, DetectionPolicy Policy)?> FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(deviceId, cancellationToken) is not { } device)
            return null;
        return (device, await FindAsync(device, cancellationToken));
    }

    /// <summary>Of a device that is at hand.</summary>
    public async ValueTask<DetectionPolicy> FindAsync(Device device, CancellationToken cancellationToken)
    {
        var model = device.Model is null ? null : await catalog.FindModelAsync(device.Model, cancellationToken);
        var learned = lives is null || model is null ? null : await lives.FindAsync(model.Name, cancellationToken);
        if (!_resolved.TryGetValue(device, out var resolved) || !ReferenceEquals(resolved.Model, model) || !ReferenceEquals(resolved.Policy.Learned, learned))
        {
            resolved = new(model, DetectionPolicy.For(device, model) with { Learned = learned });
            _resolved.AddOrUpdate(device, resolved);
        }

        return resolved.Policy;
    }

    private sealed record Resolved(DeviceModel? Model, DetectionPolicy Policy);
}
