using System.Text.Json;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.State;

/// <summary>What the stored states say of the devices, in the operators' terms.</summary>
public sealed class DeviceConditions(IDeviceStates states, DevicePolicies policies, IImageNames images, TimeProvider time) : IDeviceConditions, IDisposable
{
    /// <summary>Up to so many are looked up one by one; for more, all states are read once.</summary>
    internal const int MaxLookups = 32;

    /// <summary>How long that reading serves the pages that follow.</summary>
    private static readonly TimeSpan SnapshotLife = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _reading = new(1, 1);
    // Held while pages follow each other, and let go of when memory is needed: a fleet's states are its largest part.
    private readonly WeakReference<Dictionary<string, DeviceRecord>> _snapshot = new([]);
    private DateTimeOffset _snapshotAt;

    public async Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken)
    {
        var records = deviceIds.Count <= MaxLookups
            ? await LookUpAsync(deviceIds, cancellationToken)
            : await SnapshotAsync(cancellationToken);
        var now = time.GetUtcNow();
        var names = await images.ReadAsync(cancellationToken);
        var found = new Dictionary<string, DeviceCondition>(deviceIds.Count, StringComparer.Ordinal);
        foreach (var id in deviceIds)
        {
            if (records.TryGetValue(id, out var record) && await policies.FindAsync(id, cancellationToken) is var (_, policy))
                found.Add(id, Of(record, record.Detection.Health(policy, now), names));
        }

        return found;
    }

    public async Task<IReadOnlyDictionary<string, DeviceCondition>> FindAllAsync(IReadOnlyDictionary<string, Device> devices, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var names = await images.ReadAsync(cancellationToken);
        var found = new Dictionary<string, DeviceCondition>(devices.Count, StringComparer.Ordinal);
        await foreach (var (id, record) in states.ListAsync(cancellationToken))
        {
            if (devices.TryGetValue(id, out var device))
                found[id] = Of(record, record.Detection.Health(await policies.FindAsync(device, cancellationToken), now), names);
        }

        return found;
    }

    public async Task<IReadOnlyDictionary<string, DeviceStatus>> StatusesAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DeviceStatus>(StringComparer.Ordinal);
        await foreach (var (id, record) in states.ListAsync(cancellationToken))
            found[id] = Of(record.Detection.Status);
        return found;
    }

    public void Dispose() => _reading.Dispose();

    private static DeviceStatus Of(ConnectivityStatus status) => status switch
    {
        ConnectivityStatus.Unknown => DeviceStatus.NeverSeen,
        ConnectivityStatus.Offline => DeviceStatus.Offline,
        ConnectivityStatus.Online or ConnectivityStatus.Overdue => DeviceStatus.Online,
        _ => throw new InvalidOperationException($"Status {status} is not known."),
    };

    private static DeviceCondition Of(DeviceRecord record, DeviceHealth health, IReadOnlyDictionary<(uint, ulong), (string, string)> names) => new()
    {
        Status = Of(health.Status),
        LastSeenAt = record.LastSeen,
        Battery = health.Battery.Condition == Detection.BatteryCondition.Unknown ? null : new(
            JsonNamingPolicy.CamelCase.ConvertName(health.Battery.Condition.ToString()),
            health.Battery.Percent, health.Battery.Voltage, health.Battery.DrainPerDay, health.Battery.DrainUnit),
        Link = new(health.RssiCurrent, health.RssiBaseline, health.Gateway, health.LossRatio, health.Interval, health.Timeout),
        Forecast = health.Battery is { Low: null, Critical: null, Empty: null }
            ? null
            : new(health.Battery.Low, health.Battery.Critical, health.Battery.Empty),
        Images = Images(record, health, names),
        ClockSkew = health.ClockSkew,
        Readings = record.Readings,
        SequenceSum = record.SequenceSum,
    };

    /// <summary>A reading names one track's image; those of the others that run are kept as hashes, and named by the releases they are of.</summary>
    private static SortedDictionary<string, string> Images(in DeviceRecord record, DeviceHealth health, IReadOnlyDictionary<(uint, ulong), (string, string)> names)
    {
        var named = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in record.Detection.Images.Others())
        {
            if (names.TryGetValue(key, out var image))
                named[image.Item1] = image.Item2;
        }

        if (health is { Track: { } track, Digest: { } digest })
            named[track] = digest;
        return named;
    }

    private async Task<Dictionary<string, DeviceRecord>> LookUpAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(deviceIds.Select(async id => (id, record: await states.FindAsync(id, cancellationToken))));
        return found.Where(f => f.record is not null).ToDictionary(f => f.id, f => f.record!.Value, StringComparer.Ordinal);
    }

    private async Task<Dictionary<string, DeviceRecord>> SnapshotAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if ((time.GetUtcNow() - _snapshotAt).Duration() <= SnapshotLife && _snapshot.TryGetTarget(out var snapshot))
                return snapshot;
            snapshot = new(StringComparer.Ordinal);
            await foreach (var (id, record) in states.ListAsync(cancellationToken))
                snapshot[id] = record;
            _snapshot.SetTarget(snapshot);
            // From then on: reading a large fleet takes longer than that.
            _snapshotAt = time.GetUtcNow();
            return snapshot;
        }
        finally
        {
            _reading.Release();
        }
    }
}
