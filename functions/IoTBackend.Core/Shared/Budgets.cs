using System.Collections.Concurrent;

namespace IoTBackend.Core.Shared;

/// <summary>
/// What each of many may still do: a token bucket for each, kept as the time at which it is full again (GCRA, ITU-T I.371).
/// Memory is bounded by those that do something: a full bucket is forgotten.
/// </summary>
/// <param name="perSecond">Units per second in the long run, for each; at least one a day. 0 = no limit.</param>
/// <param name="burst">Units at once, for each.</param>
/// <param name="time">The clock.</param>
public class Budgets(double perSecond, int burst, TimeProvider time)
{
    private const int MinForgetAt = 10_000;

    private readonly ConcurrentDictionary<string, Budget> _budgets = new(StringComparer.Ordinal);
    private readonly long _ticksPerUnit = perSecond > 0 ? (long)Math.Min(TimeSpan.TicksPerSecond / perSecond, TimeSpan.TicksPerDay) : 0;
    private int _forgetAt = MinForgetAt;

    internal int Count => _budgets.Count;

    /// <param name="name">Of somebody who has proved who it is; a name anyone can make up would cost memory.</param>
    public Budget Of(string name)
    {
        if (_budgets.TryGetValue(name, out var budget))
            return budget;
        Forget();
        return _budgets.GetOrAdd(name, static (_, self) => new(self), this);
    }

    /// <summary>Of a clock that is never set back.</summary>
    internal long Now
    {
        get
        {
            var (seconds, rest) = Math.DivRem(time.GetTimestamp(), time.TimestampFrequency);
            return (seconds * TimeSpan.TicksPerSecond) + (rest * TimeSpan.TicksPerSecond / time.TimestampFrequency);
        }
    }

    internal long Cost(int units) => units * _ticksPerUnit;

    internal long Room => burst * _ticksPerUnit;

    private void Forget()
    {
        if (_budgets.Count < _forgetAt)
            return;
        var now = Now;
        foreach (var (name, budget) in _budgets)
        {
            if (budget.IsFull(now))
                _budgets.TryRemove(name, out _);
        }

        // So that a fleet of which all are busy is not searched at each newcomer.
        _forgetAt = Math.Max(MinForgetAt, _budgets.Count * 2);
    }
}

/// <summary>One of them.</summary>
public sealed class Budget
{
    private readonly Budgets _all;
    private long _fullAt;

    internal Budget(Budgets all) => _all = all;

    /// <summary>How long it must wait before it may go on; zero = it may now.</summary>
    public TimeSpan Wait() => new(Math.Max(0, Volatile.Read(ref _fullAt) - _all.Now - _all.Room + _all.Cost(1)));

    /// <summary>Takes what something cost, known only afterwards: a bucket may go below empty, and is waited for that much longer.</summary>
    public void Spend(int units)
    {
        while (true)
        {
            var fullAt = Volatile.Read(ref _fullAt);
            if (Interlocked.CompareExchange(ref _fullAt, Math.Max(fullAt, _all.Now) + _all.Cost(units), fullAt) == fullAt)
                return;
        }
    }

    internal bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;
}
