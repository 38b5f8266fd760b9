namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// How far the device's clock is from ours. A message sent late (buffered) and a clock that is behind look the same once;
/// only an offset that several arrivals in a row agree on is the clock's.
/// </summary>
internal struct ClockSkew
{
    private const int Agreements = 5;
    private const long ToleranceMilliseconds = 60_000;

    private long _candidate;
    private long _agreed;
    private long _latestArrival;
    private int _count;
    private int _isKnown;

    /// <summary>Arrival minus device time, milliseconds; null = not known.</summary>
    public readonly long? Milliseconds => _isKnown != 0 ? _agreed : null;

    /// <summary>How old the content of a message is by what is known so far, milliseconds, at least 0.</summary>
    public readonly long AgeOf(long deviceTime, long arrival) => Math.Max(0, arrival - deviceTime - (_isKnown != 0 ? Math.Max(0, _agreed) : 0));

    /// <summary>Takes both times of a message; returns how old its content is, milliseconds, at least 0.</summary>
    public long Age(long deviceTime, long arrival)
    {
        var lag = arrival - deviceTime;
        if (Math.Abs(lag - _candidate) > ToleranceMilliseconds)
            (_candidate, _count) = (lag, 0);
        if (_count == 0 || arrival > _latestArrival)
            _count = Math.Min(_count + 1, Agreements);
        _latestArrival = Math.Max(_latestArrival, arrival);
        if (_count == Agreements)
            (_agreed, _isKnown) = (_candidate, 1);
        // Only a clock that is behind makes content look older than it is. What one that was ahead said after it was set right would
        // look as old as it was ahead.
        return AgeOf(deviceTime, arrival);
    }
}
