namespace Azure.Messaging.EventHubs;

/// <summary>How the pause grows from one attempt to the next.</summary>
public enum EventHubsRetryMode
{
    Fixed = 0,
    Exponential = 1,
}

/// <summary>How often, and after which pauses, a transient failure is tried again.</summary>
public class EventHubsRetryOptions
{
    private int _maximumRetries = 3;
    private TimeSpan _delay = TimeSpan.FromSeconds(0.8);
    private TimeSpan _maximumDelay = TimeSpan.FromMinutes(1);
    private TimeSpan _tryTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Default exponential.</summary>
    public EventHubsRetryMode Mode { get; set; } = EventHubsRetryMode.Exponential;

    /// <summary>0..100, default 3; the first attempt is not counted.</summary>
    public int MaximumRetries
    {
        get => _maximumRetries;
        set => _maximumRetries = value is >= 0 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0..100");
    }

    /// <summary>First pause, 1 ms to 5 min, default 0.8 s.</summary>
    public TimeSpan Delay
    {
        get => _delay;
        set => _delay = value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromMinutes(5)
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 ms to 5 min");
    }

    /// <summary>Longest pause, default 1 min.</summary>
    public TimeSpan MaximumDelay
    {
        get => _maximumDelay;
        set => _maximumDelay = value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>Limit of one attempt, above zero to 1 h, default 1 min.</summary>
    public TimeSpan TryTimeout
    {
        get => _tryTimeout;
        set => _tryTimeout = value > TimeSpan.Zero && value <= TimeSpan.FromHours(1)
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "above 0 to 1 h");
    }
}
