using System.Collections.Concurrent;

namespace IoTBackend.Core.Ingest;

/// <summary>
/// What each device may still send: a token bucket per device, kept as the time at which it is full again (GCRA, ITU-T I.371).
/// Memory is bounded by the devices that send: a full bucket is forgotten.
/// </summary>
public sealed class ReadingBudgets(IngestOptions options, TimeProvider time)
{
    private const int MinForgetAt = 10_000;

    private readonly ConcurrentDictionary<string, ReadingBudget> _budgets = new(StringComparer.Ordinal);
    private readonly long _ticksPerReading = options.ReadingsPerSecond > 0 ? (long)(TimeSpan.TicksPerSecond / options.ReadingsPerSecond) : 0;
    private int _forgetAt = MinForgetAt;

    internal int Count => _budgets.Count;

    /// <param name="deviceId">Of a device that has proved who it is; a name anyone can make up would cost memory.</param>
    public ReadingBudget Of(string deviceId)
    {
        if (_budgets.TryGetValue(deviceId, out var budget))
            return budget;
        Forget();
        return _budgets.GetOrAdd(deviceId, static (_, self) => new(self), this);
    }

    internal long Now => time.GetUtcNow().UtcTicks;

    internal long Cost(int readings) => readings * _ticksPerReading;

    internal long Room => options.Burst * _ticksPerReading;

    private void Forget()
    {
        if (_budgets.Count < _forgetAt)
            return;
        var now = Now;
        foreach (var (deviceId, budget) in _budgets)
        {
            if (budget.IsFull(now))
                _budgets.TryRemove(deviceId, out _);
        }

        // So that a fleet whose devices are all busy is not searched at each newcomer.
        _forgetAt = Math.Max(MinForgetAt, _budgets.Count * 2);
    }
}

/// <summary>One device's.</summary>
public sealed class ReadingBudget
{
    private readonly ReadingBudgets _all;
    private long _fullAt;

    internal ReadingBudget(ReadingBudgets all) => _all = all;

    /// <summary>How long the device must wait before it may send again; zero = it may now.</summary>
    public TimeSpan Wait() => new(Math.Max(0, Volatile.Read(ref _fullAt) - _all.Now - _all.Room + _all.Cost(1)));

    /// <summary>Takes what a body held, known only once it was read: a bucket may go below empty, and is waited for that much longer.</summary>
    /// <param name="readings">Accepted or not.</param>
    public void Spend(int readings)
    {
        while (true)
        {
            var fullAt = Volatile.Read(ref _fullAt);
            if (Interlocked.CompareExchange(ref _fullAt, Math.Max(fullAt, _all.Now) + _all.Cost(readings), fullAt) == fullAt)
                return;
        }
    }

    internal bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;
}
