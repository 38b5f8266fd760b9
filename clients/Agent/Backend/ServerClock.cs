namespace IoTBackend.Agent.Backend;

/// <summary>
/// The server's time, for what it will judge: a device without a battery for its clock wakes in 1970, and its signatures would not count. It follows
/// the answers' <c>Date</c>, which came over a verified connection, and the device's clock as long as the two agree.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    private static readonly TimeSpan Tolerated = TimeSpan.FromMinutes(2);

    private long _offsetTicks;

    public DateTimeOffset Now => time.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    public DateTimeOffset OfDevice => time.GetUtcNow();

    /// <summary>True = the device's clock is off, so that what it says of the time of a reading is worth nothing.</summary>
    public bool IsOff => Volatile.Read(ref _offsetTicks) != 0;

    public void Heard(DateTimeOffset? date)
    {
        // Beyond that no time can be reckoned with, and the next answer, which would put it right, would never be asked for.
        if (date is not { Year: > 2020 and < 2200 } there)
            return;
        var offset = there - time.GetUtcNow();
        Volatile.Write(ref _offsetTicks, offset.Duration() < Tolerated ? 0 : offset.Ticks);
    }
}
