using System.Collections.Concurrent;
using IoTBackend.Core.Devices;

namespace IoTBackend.Adapters.Tables;

/// <summary>
/// Devices and models in memory, each read when first asked for and forgotten when the change feed names it. An entry
/// lives an hour at most, should a change ever go unheard (of 100,000 devices that is 73 million reads a month; of ten minutes, six times
/// as many); that a device is not registered is remembered for less.
/// </summary>
public sealed class DeviceCatalog(IDeviceRegistry registry, TimeProvider time) : IDeviceCatalog
{
    /// <summary>About 1 KB each; when full, it starts anew.</summary>
    internal const int Capacity = 200_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan AbsenceLifetime = TimeSpan.FromSeconds(30);

    private readonly Cache<Device> _devices = new(registry.FindAsync, time);
    private readonly Cache<DeviceModel> _models = new(registry.FindModelAsync, time);

    /// <summary>To be subscribed to the change feed, both.</summary>
    public IChangeSubscriber OfDevices => new Subscriber(TableDevices.Topic, _devices.Forget, _devices.Clear);

    public IChangeSubscriber OfModels => new Subscriber(TableModels.Topic, ForgetModel, _models.Clear);

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => _devices.FindAsync(deviceId, cancellationToken);

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => _models.FindAsync(model, cancellationToken);

    private void ForgetModel(string model)
    {
        _models.Forget(model);
        // A device's platform may come from its model.
        _devices.Clear();
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

    private sealed class Cache<T>(Func<string, CancellationToken, Task<T?>> read, TimeProvider time)
        where T : class
    {
        private readonly ConcurrentDictionary<string, (T? Value, long Until)> _entries = new(StringComparer.Ordinal);
        private int _forgotten;

        public ValueTask<T?> FindAsync(string key, CancellationToken cancellationToken) =>
            _entries.TryGetValue(key, out var entry) && entry.Until > time.GetTimestamp()
                ? ValueTask.FromResult(entry.Value)
                : new(ReadAsync(key, cancellationToken));

        public void Forget(string key)
        {
            Interlocked.Increment(ref _forgotten);
            _entries.TryRemove(key, out _);
        }

        public void Clear()
        {
            Interlocked.Increment(ref _forgotten);
            _entries.Clear();
        }

        private async Task<T?> ReadAsync(string key, CancellationToken cancellationToken)
        {
            var forgotten = Volatile.Read(ref _forgotten);
            var value = await read(key, cancellationToken);
            var lifetime = value is null ? AbsenceLifetime : Lifetime;
            if (_entries.Count >= Capacity)
                _entries.Clear();
            // What was read while something was being forgotten may be old: answered, but not kept.
            if (forgotten == Volatile.Read(ref _forgotten))
                _entries[key] = (value, time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency));
            return value;
        }
    }
}
