namespace IoTBackend.Core.Readings;

/// <summary>One report of a device, as it said it. Every part may be missing; a reading with nothing in it is a heartbeat.</summary>
public readonly record struct Reading
{
    /// <summary>Event time by the device's clock; null = the time of arrival.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What the device's clock showed where that cannot be right: of use to measure the clock, and for nothing else.</summary>
    public DateTimeOffset? SkewedTime { get; init; }

    /// <summary>The device's own message counter; may wrap, reset and repeat.</summary>
    public long? Sequence { get; init; }

    /// <summary>State of charge, 0..100.</summary>
    public double? BatteryPercent { get; init; }

    /// <summary>Terminal voltage in volts, 0..100.</summary>
    public double? BatteryVoltage { get; init; }

    /// <summary>True while the battery is being charged.</summary>
    public bool? Charging { get; init; }

    /// <summary>Received signal strength in dBm, -200..20.</summary>
    public double? Rssi { get; init; }

    /// <summary>Signal-to-noise ratio in dB, -100..100.</summary>
    public double? Snr { get; init; }

    /// <summary>The gateway that heard the message.</summary>
    public string? Gateway { get; init; }

    /// <summary>The track whose image this reading names.</summary>
    public string? Track { get; init; }

    /// <summary>Digest of the running image, <c>sha256:...</c>.</summary>
    public string? Digest { get; init; }

    /// <summary>Time until the device means to report again.</summary>
    public TimeSpan? Next { get; init; }

    /// <summary>Degrees Celsius, from <c>metrics.temperature</c> where the device reports it; batteries sag in the cold.</summary>
    public double? TemperatureCelsius { get; init; }
}
