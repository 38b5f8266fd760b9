using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <param name="Devices">A part of those that match, in the order asked for.</param>
/// <param name="Total">How many match in all.</param>
/// <param name="At">When the fleet was read.</param>
public sealed record FleetSelection(IReadOnlyList<FleetEntry> Devices, int Total, DateTimeOffset At);

/// <summary>
/// The whole fleet in memory, for as long as somebody looks: what no store can sort or count by, in milliseconds. Reading it costs what
/// the fleet is large, so it is read again at most so often that a tenth of the time goes into it, beside those who look meanwhile.
/// </summary>
public sealed class FleetView(Fleet fleet, TimeProvider time) : IDisposable
{
    /// <summary>About 1 KB each.</summary>
    public const int MaxDevices = 100_000;

    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(2);

    /// <summary>A reading that takes no longer is waited for, rather than the one before shown.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    /// <summary>Older is not shown.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private Task<Snapshot>? _reading;
    private Snapshot? _snapshot;
    private ITimer? _forgetting;
    private long _askedAt;

    public async Task<Result<FleetSelection>> SelectAsync(string? filter, string? sort, int skip, int top, CancellationToken cancellationToken)
    {
        var wanted = FleetFilter.Parse(filter);
        if (wanted.Value is not { } terms)
            return Result<FleetSelection>.Rejected(wanted.Reason ?? "");
        var order = FleetOrder.Parse(sort ?? "id");
        if (order.Value is not { } by)
            return Result<FleetSelection>.Rejected(order.Reason ?? "");
        var snapshot = await FindAsync(cancellationToken);
        if (snapshot.Devices.Count > MaxDevices)
            return Result<FleetSelection>.Rejected($"sort, total: the fleet has more than {MaxDevices} devices; list them by id, without sort and total.");
        var matching = snapshot.Devices.Where(terms.Matches).ToList();
        if (sort is not null)
            matching.Sort(by);
        return new FleetSelection([.. matching.Skip(skip).Take(top)], matching.Count, snapshot.At);
    }

    public void Dispose()
    {
        lock (_lock)
            _forgetting?.Dispose();
    }

    private async Task<Snapshot> FindAsync(CancellationToken cancellationToken)
    {
        Task<Snapshot> reading;
        lock (_lock)
        {
            _askedAt = time.GetTimestamp();
            var age = _snapshot is null ? MaxAge : time.GetUtcNow() - _snapshot.At;
            if (_snapshot is { } known && age < Max(MinAge, known.Took * 10))
                return known;
            if (_reading is null or { IsCompleted: true })
                _reading = Task.Run(ReadAsync, CancellationToken.None);
            if (_snapshot is { } old && age < MaxAge && old.Took > Soon)
                return old;
            reading = _reading;
        }

        return await reading.WaitAsync(cancellationToken);
    }

    private async Task<Snapshot> ReadAsync()
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var devices = new List<FleetEntry>(_snapshot?.Devices.Count ?? 0);
        await foreach (var entry in fleet.AllAsync(CancellationToken.None))
        {
            devices.Add(entry);
            if (devices.Count > MaxDevices)
                break;
        }

        var snapshot = new Snapshot(devices, at, time.GetElapsedTime(started));
        lock (_lock)
        {
            _forgetting ??= time.CreateTimer(_ => Forget(), null, MaxAge, MaxAge);
            return _snapshot = snapshot;
        }
    }

    /// <summary>Nobody looks any more: its memory is free for others.</summary>
    private void Forget()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_askedAt) > MaxAge)
                (_snapshot, _reading) = (null, null);
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed record Snapshot(List<FleetEntry> Devices, DateTimeOffset At, TimeSpan Took);
}
