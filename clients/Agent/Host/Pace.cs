namespace IoTBackend.Agent.Host;

/// <summary>Lets so many through at once and then one at a time (a token bucket), by a clock nobody can set.</summary>
/// <param name="most">At once.</param>
/// <param name="each">Until there is room for another.</param>
internal sealed class Pace(int most, TimeSpan each, TimeProvider time)
{
    private readonly Lock _gate = new();
    private TimeSpan _room = most * each;
    private long _at = time.GetTimestamp();

    public TimeSpan Each => each;

    /// <summary>Zero = it is through; else how long until there is room, and nothing was taken.</summary>
    public TimeSpan Take()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var room = _room + time.GetElapsedTime(_at, now);
            (_room, _at) = (room < most * each ? room : most * each, now);
            // Up to a whole millisecond, as timers count.
            if (_room < each)
                return TimeSpan.FromMilliseconds(Math.Ceiling((each - _room).TotalMilliseconds));
            _room -= each;
            return TimeSpan.Zero;
        }
    }
}
