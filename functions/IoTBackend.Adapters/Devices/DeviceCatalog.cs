using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Devices;

/// <summary>
/// Devices and models in memory, forgotten one by one when the change feed names them. All devices are listed when the first is
/// asked for, and again every few minutes beside the work, should a change ever go unheard: a thousand come with one request,
/// whereas reading each by itself would cost more than all the rest that is done for its readings.
/// </summary>
public sealed class DeviceCatalog : IDeviceCatalog
{
    /// <summary>About 0.5 KB each; what is beyond is read one by one.</summary>
    internal const int Capacity = 200_000;

    /// <summary>Between two listings.</summary>
    internal static readonly TimeSpan ListingInterval = TimeSpan.FromMinutes(5);

    // Longer than two listings: nothing expires while they succeed.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private readonly IDeviceRegistry _registry;
    private readonly TimeProvider _time;
    private readonly CatalogCache<Device> _devices;
    private readonly CatalogCache<DeviceModel> _models;
    private readonly Lock _lock = new();
    private Task _listing = Task.CompletedTask;
    private DateTimeOffset _listedAt = DateTimeOffset.MinValue;
    private long _knownUntilTicks;

    public DeviceCatalog(IDeviceRegistry registry, TimeProvider time)
    {
        (_registry, _time) = (registry, time);
        _devices = new(registry.FindAsync, Lifetime, Capacity, time);
        _models = new(registry.FindModelAsync, Lifetime, Capacity, time);
    }

    /// <summary>To be subscribed to the change feed, both.</summary>
    public IChangeSubscriber OfDevices => new Subscriber(TableDevices.Topic, _devices.Forget, ForgetDevices);

    public IChangeSubscriber OfModels => new Subscriber(TableModels.Topic, ForgetModel, _models.Clear);

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        var listing = Listing();
        // Waited for at the start and after a long rest; else the devices are known while they are listed again.
        return !listing.IsCompleted && _time.GetUtcNow().Ticks >= Volatile.Read(ref _knownUntilTicks)
            ? new(FindAfterAsync(listing, deviceId, cancellationToken))
            : _devices.FindAsync(deviceId, cancellationToken);
    }

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => _models.FindAsync(model, cancellationToken);

    private void ForgetModel(string model)
    {
        _models.Forget(model);
        // A device's platform may come from its model.
        ForgetDevices();
    }

    private void ForgetDevices()
    {
        _devices.Clear();
        lock (_lock)
            (_listedAt, _knownUntilTicks) = (DateTimeOffset.MinValue, 0);
    }

    private async Task<Device?> FindAfterAsync(Task listing, string deviceId, CancellationToken cancellationToken)
    {
        await listing.WaitAsync(cancellationToken);
        return await _devices.FindAsync(deviceId, cancellationToken);
    }

    /// <summary>The listing under way, or the last one.</summary>
    private Task Listing()
    {
        lock (_lock)
        {
            if (!_listing.IsCompleted || _time.GetUtcNow() - _listedAt < ListingInterval)
                return _listing;
            _listedAt = _time.GetUtcNow();
            return _listing = Task.Run(ListAsync);
        }
    }

    private async Task ListAsync()
    {
        var started = _time.GetUtcNow();
        try
        {
            await _devices.FillAsync(_registry.ListAsync(CancellationToken.None).Select(device => new KeyValuePair<string, Device>(device.Id, device)));
            Volatile.Write(ref _knownUntilTicks, (started + Lifetime).UtcTicks);
        }
        catch (UnavailableException)
        {
            // Devices are read one by one meanwhile, and whoever does hears of it.
        }
    }

    private sealed class Subscriber(string topic, Action<string> forget, Action clear) : IChangeSubscriber
    {
        public string Topic => topic;

        public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
        {
            forget(change.Key);
            return ValueTask.CompletedTask;
        }

        public ValueTask OnResetAsync(CancellationToken cancellationToken)
        {
            clear();
            return ValueTask.CompletedTask;
        }
    }

}
