using System.Collections.Concurrent;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Devices;

/// <summary>The exceptions in memory, following the change feed. Nobody is let in before they were read once.</summary>
public sealed class LiveDeviceExceptions(TableDeviceExceptions store) : IDeviceExceptions, IChangeSubscriber
{
    private volatile ConcurrentDictionary<string, DeviceException>? _exceptions;

    public string Topic => TableDeviceExceptions.Topic;

    public DeviceException Of(string deviceId) =>
        (_exceptions ?? throw new UnavailableException("list of revoked devices")).TryGetValue(deviceId, out var exception)
            ? exception
            : DeviceException.None;

    public async ValueTask OnResetAsync(CancellationToken cancellationToken) =>
        _exceptions = new(await store.ListAsync(cancellationToken), StringComparer.Ordinal);

    public async ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
    {
        // Read, not carried by the change: changes come twice and out of order.
        if (_exceptions is { } exceptions)
            exceptions[change.Key] = await store.FindAsync(change.Key, cancellationToken);
    }
}
