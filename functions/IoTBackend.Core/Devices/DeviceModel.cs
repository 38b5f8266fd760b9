namespace IoTBackend.Core.Devices;

/// <summary>What is known of a type of device before it says anything.</summary>
public sealed record DeviceModel
{
    public required string Name { get; init; }

    /// <summary>OCI platform of devices that do not name their own.</summary>
    public string? Platform { get; init; }

    public BatterySpecification? Battery { get; init; }

    public TimeSpan? ReportingInterval { get; init; }

    /// <summary>The vendor's device passed a security test; untested models are held back by a gate.</summary>
    public bool SecurityTested { get; init; }

    /// <summary>Network segment its containers live in.</summary>
    public string? Segment { get; init; }

    /// <summary>Accepted false <c>device.offline</c> alerts per 1,000 device-days; null = the backend's default (1).</summary>
    public double? FalseAlarmsPer1000DeviceDays { get; init; }

    /// <summary>A battery forecast to be empty before this much time has passed raises <c>battery.forecast</c>; null = no such alert.</summary>
    public TimeSpan? ServiceInterval { get; init; }

    /// <summary>As the field of the same name in <see cref="Detection.DetectionPolicy"/>, like the three below; null = its default.</summary>
    public double? DataLossShare { get; init; }

    public double? LinkDropDecibels { get; init; }

    public int? FlappingSilences { get; init; }

    public double? AbnormalDrainFactor { get; init; }
}

/// <param name="Chemistry"><c>li-ion</c>, <c>lifepo4</c>, <c>alkaline</c>, <c>li-socl2</c> or <c>cr</c>; null = not known.</param>
/// <param name="LowVoltage">Volts.</param>
/// <param name="CriticalVoltage">Volts, at most <paramref name="LowVoltage"/>.</param>
/// <param name="LowPercent">0..100.</param>
/// <param name="CriticalPercent">0..100, at most <paramref name="LowPercent"/>.</param>
public sealed record BatterySpecification(
    string? Chemistry = null,
    double? LowVoltage = null,
    double? CriticalVoltage = null,
    double? LowPercent = null,
    double? CriticalPercent = null);
