namespace IoTBackend.Core.Detection;

/// <summary>What detection knows of one device at one moment: what the API and the console show.</summary>
public sealed record DeviceHealth
{
    public required ConnectivityStatus Status { get; init; }

    /// <summary>Latest arrival; null = never heard.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Typical time between reports, learned or declared.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Silence after which the device is called offline: what the false-alarm budget buys.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Share of messages lost lately by the device's counter, 0..1; null = no counter.</summary>
    public double? LossRatio { get; init; }

    /// <summary>Messages lost in all by the device's counter; null = no counter.</summary>
    public long? LostMessages { get; init; }

    /// <summary>Messages lost that the latest alert about them, over or not, has still to say; null = no counter.</summary>
    public long? LostSinceAlert { get; init; }

    public bool Flapping { get; init; }

    /// <summary>Usual signal strength, dBm.</summary>
    public double? RssiBaseline { get; init; }

    /// <summary>Signal strength of late, dBm, smoothed.</summary>
    public double? RssiCurrent { get; init; }

    /// <summary>The gateway that heard the device last.</summary>
    public string? Gateway { get; init; }

    /// <summary>Arrival minus device time, without what delay explains; null = the device sends no time or the two do not agree yet.</summary>
    public TimeSpan? ClockSkew { get; init; }

    /// <summary>The running image as the device reports it.</summary>
    public string? Track { get; init; }

    public string? Digest { get; init; }

    public BatteryHealth Battery { get; init; } = new();
}

/// <summary>The battery of one device as estimated from its reports.</summary>
public sealed record BatteryHealth
{
    public BatteryCondition Condition { get; init; }

    /// <summary>Robust state of charge, 0..100; reported, or from the voltage where the chemistry is known.</summary>
    public double? Percent { get; init; }

    /// <summary>Robust terminal voltage, volts.</summary>
    public double? Voltage { get; init; }

    /// <summary>The gauge stands still although the voltage falls: the charge is taken from the voltage where the chemistry is known.</summary>
    public bool GaugeStuck { get; init; }

    /// <summary>Unit of the drain: <c>percent</c> or <c>volt</c>.</summary>
    public string? DrainUnit { get; init; }

    /// <summary>Loss per day, in <see cref="DrainUnit"/>; negative = rising.</summary>
    public double? DrainPerDay { get; init; }

    /// <summary>Standard error of <see cref="DrainPerDay"/>.</summary>
    public double? DrainUncertainty { get; init; }

    public Forecast? Low { get; init; }

    public Forecast? Critical { get; init; }

    public Forecast? Empty { get; init; }
}

/// <summary>A date with the interval meant to hold it in 90 % of the cases.</summary>
/// <param name="ExpectedAt">Null = no crossing foreseen.</param>
/// <param name="Earliest">Null = open on this side.</param>
/// <param name="Latest">Null = open on this side.</param>
public sealed record Forecast(DateTimeOffset? ExpectedAt, DateTimeOffset? Earliest, DateTimeOffset? Latest);

/// <summary>In rising order of certainty that something is wrong.</summary>
public enum ConnectivityStatus
{
    /// <summary>Never heard.</summary>
    Unknown,
    Online,

    /// <summary>Later than usual, not yet late enough for an alert of its own; a group outage is made of these.</summary>
    Overdue,
    Offline,
}

public enum BatteryCondition
{
    /// <summary>No battery reported.</summary>
    Unknown,
    Normal,
    Low,
    Critical,
    Charging,
}
