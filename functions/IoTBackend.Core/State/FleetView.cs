using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <param name="Devices">A part of those that match, in the order asked for.</param>
/// <param name="Total">How many match in all.</param>
/// <param name="At">When the fleet was read.</param>
public sealed record FleetSelection(IReadOnlyList<FleetEntry> Devices, int Total, DateTimeOffset At);

/// <summary>
/// The whole fleet in memory, for as long as somebody looks: what no store can sort or count by, in milliseconds. Reading it costs what
/// the fleet is large, so it is read again at most so often that a tenth of the time goes into it, beside those who look meanwhile; more of it
/// where the reading takes more than ten seconds, so that what is shown is still of the last two minutes.
/// Registrations that change are read again by themselves: what an operator has done is shown at once, what devices report is as old as said.
/// </summary>
public sealed class FleetView(Fleet fleet, IDeviceRegistry registry, IDeviceConditions conditions, TimeProvider time) : IDisposable
{
    /// <summary>About 1 KB each.</summary>
    public const int MaxDevices = 100_000;

    /// <summary>So many are looked up one by one; when more changed, a fleet that is read soon is read.</summary>
    private const int MaxLookups = DeviceConditions.MaxLookups;

    /// <summary>Registrations kept in mind between two who look; what changed beyond them is as old as the reading.</summary>
    private const int MaxChanged = 32 * MaxLookups;

    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(2);

    /// <summary>A reading that takes no longer is waited for, rather than the one before shown.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    /// <summary>Older is not shown.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    /// <summary>Older figures are of no use to who looks first after a pause.</summary>
    private static readonly TimeSpan MaxAgeOfFigures = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _renewing = new(1, 1);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changedMeanwhile = new(StringComparer.Ordinal);
    private Task<Snapshot>? _reading;
    private Snapshot? _snapshot;
    private FleetSummary? _figures;
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
        if (snapshot.Devices is not { } devices)
            return Result<FleetSelection>.Rejected($"sort, total: the fleet has more than {MaxDevices} devices; list them by id, without sort and total.");
        var matching = devices.Where(terms.Matches).ToList();
        matching.Sort(by);
        return new FleetSelection([.. matching.Skip(skip).Take(top)], matching.Count, snapshot.At);
    }

    /// <summary>The fleet in numbers, from memory where it fits. What takes long to count is given as it was last, within the hour, and counted for who asks next.</summary>
    public async Task<FleetSummary> SummarizeAsync(CancellationToken cancellationToken)
    {
        FleetSummary? last;
        lock (_lock)
            last = _figures is { } figures && (time.GetUtcNow() - figures.At).Duration() < MaxAgeOfFigures ? figures : null;
        var counting = ForWhoWaits(CountAsync());
        return last is not null && await Task.WhenAny(counting, Task.Delay(Soon, time, cancellationToken)) != counting
            ? last
            : await counting.WaitAsync(cancellationToken);
    }

    /// <summary>A registration changed.</summary>
    public void Changed(string deviceId)
    {
        lock (_lock)
        {
            if (_reading is null)
                return;
            if (_changed.Count < MaxChanged)
                _changed.Add(deviceId);
            if (!_reading.IsCompleted && _changedMeanwhile.Count < MaxChanged)
                _changedMeanwhile.Add(deviceId);
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _forgetting?.Dispose();
        _renewing.Dispose();
    }

    private async Task<FleetSummary> CountAsync()
    {
        var snapshot = await FindAsync(CancellationToken.None);
        var figures = snapshot.Devices is null ? await fleet.SummarizeAsync(CancellationToken.None) : await snapshot.Figures.Value;
        lock (_lock)
            return _figures = figures;
    }

    private async Task<Snapshot> FindAsync(CancellationToken cancellationToken)
    {
        Task<Snapshot>? reading = null;
        Snapshot? known;
        lock (_lock)
        {
            _askedAt = time.GetTimestamp();
            known = _snapshot;
            var age = known is null ? MaxAge : (time.GetUtcNow() - known.At).Duration();
            if (known is null || age >= RenewAt(known.Took) || (known.Took <= Soon && _changed.Count > MaxLookups))
            {
                reading = _reading = _reading is null or { IsCompleted: true } ? Begin() : _reading;
                if (known is not null && age < MaxAge && known.Took > Soon)
                    reading = null;
            }
        }

        return await RenewAsync(reading is null ? known! : await reading.WaitAsync(cancellationToken), cancellationToken);
    }

    private Task<Snapshot> Begin()
    {
        _changedMeanwhile.Clear();
        return ForWhoWaits(Task.Run(ReadAsync, CancellationToken.None));
    }

    private async Task<Snapshot> ReadAsync()
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var snapshot = new Snapshot(await fleet.AllAsync(MaxDevices, CancellationToken.None), at, time.GetElapsedTime(started));
        lock (_lock)
        {
            _forgetting ??= time.CreateTimer(_ => Forget(), null, MaxAge, MaxAge);
            // They may have been listed before they changed.
            _changed.Clear();
            _changed.UnionWith(_changedMeanwhile);
            return _snapshot = snapshot;
        }
    }

    /// <summary>Puts what the devices are now in the place of what they were: one caller after the other, so that none misses what another has begun.</summary>
    private async Task<Snapshot> RenewAsync(Snapshot seen, CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        string[] changed = [];
        try
        {
            lock (_lock)
            {
                seen = _snapshot ?? seen;
                changed = [.. _changed];
                _changed.Clear();
            }

            if (changed.Length == 0 || seen.Devices is null)
                return seen;
            var entries = new List<FleetEntry>(changed.Length);
            foreach (var ids in changed.Chunk(MaxLookups))
            {
                var known = await conditions.FindAsync(ids, cancellationToken);
                var now = await Task.WhenAll(ids.Select(id => registry.FindAsync(id, cancellationToken)));
                entries.AddRange(now.OfType<Device>().Select(d => new FleetEntry(d, known.GetValueOrDefault(d.Id))));
            }

            lock (_lock)
            {
                var snapshot = _snapshot ?? seen;
                var others = snapshot.Devices?.ExceptBy(changed, e => e.Device.Id);
                return _snapshot = new(others is null ? null : [.. others, .. entries], snapshot.At, snapshot.Took);
            }
        }
        catch
        {
            foreach (var id in changed)
                Changed(id);
            throw;
        }
        finally
        {
            _renewing.Release();
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

    /// <summary>Its failure is theirs, and nobody's when there are none.</summary>
    private static Task<T> ForWhoWaits<T>(Task<T> task)
    {
        _ = task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return task;
    }

    /// <summary>The age at which it is read again: what is read then is there before this is too old, also where it takes twice as long.</summary>
    private static TimeSpan RenewAt(TimeSpan took) => TimeSpan.FromTicks(Math.Max(MinAge.Ticks, Math.Min(took.Ticks * 10, (MaxAge - took * 2).Ticks)));

    private sealed class Snapshot(IReadOnlyList<FleetEntry>? devices, DateTimeOffset at, TimeSpan took)
    {
        /// <summary>In no order; null = more than can be held.</summary>
        public IReadOnlyList<FleetEntry>? Devices => devices;

        public DateTimeOffset At => at;

        public TimeSpan Took => took;

        public Lazy<Task<FleetSummary>> Figures { get; } = new(() => FleetSummary.OfAsync((devices ?? []).ToAsyncEnumerable().Select(e => (e.Device, e.Status)), at));
    }
}
