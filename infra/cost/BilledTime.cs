namespace IoTBackend.Cost;

/// <summary>
/// The time an instance of the Flex plan is billed for: while anything runs on it, at least a second, beyond that in steps of
/// 100 ms (learn.microsoft.com/azure/azure-functions/flex-consumption-plan, Billing). What starts within a billed second is in it.
/// </summary>
internal sealed class BilledTime
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private TimeSpan _closed;
    private TimeSpan _start;
    private TimeSpan _until;
    private int _active;

    /// <param name="now">On a clock that never goes back.</param>
    public void Started(TimeSpan now)
    {
        lock (_lock)
        {
            if (_active++ > 0 || now < _until)
                return;
            _closed += _until - _start;
            (_start, _until) = (now, now + Least);
        }
    }

    public void Ended(TimeSpan now)
    {
        lock (_lock)
        {
            if (--_active == 0)
                Extend(now);
        }
    }

    /// <summary>Billed up to now.</summary>
    public TimeSpan At(TimeSpan now)
    {
        lock (_lock)
        {
            if (_active > 0)
                Extend(now);
            return _closed + _until - _start;
        }
    }

    private void Extend(TimeSpan now)
    {
        var steps = Math.Ceiling((now - _start) / Step);
        if (_start + steps * Step is var end && end > _until)
            _until = end;
    }
}
