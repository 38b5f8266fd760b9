using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Detection;

/// <summary>
/// The rules for one device, resolved from the backend's defaults, its model, its groups and its own registration. What they may be
/// is said by <see cref="ModelRules"/>.
/// </summary>
public sealed record DetectionPolicy
{
    private static readonly DetectionPolicy Default = new();

    /// <summary>Declared time between reports, null = learned. A floor of what is expected: lost messages are still learned.</summary>
    public TimeSpan? ReportingInterval { get; init; }

    /// <summary>What the batteries of its model taught; null = nothing is known of them.</summary>
    public Core.Detection.Battery.LearnedLives? Learned { get; init; }

    public BatterySpecification Battery { get; init; } = new();

    /// <summary>Accepted false <c>device.offline</c> alerts per 1,000 device-days; default 1. Less means later.</summary>
    public double FalseAlarmsPer1000DeviceDays { get; init; } = 1;

    /// <summary>The battery shall last until it is this old; null = no <c>battery.forecast</c> alert.</summary>
    public TimeSpan? ServiceInterval { get; init; }

    /// <summary>Share of messages lost from which <c>device.dataLoss</c> is raised; default 0.1. Cleared below half of it.</summary>
    public double DataLossShare { get; init; } = 0.1;

    /// <summary>Fall of the signal against the device's own baseline; in dB, from which <c>link.degraded</c> may be raised; default 10.</summary>
    public double LinkDropDecibels { get; init; } = 10;

    /// <summary>Silences among the latest 100 intervals from which a device is flapping; default 4.</summary>
    public int FlappingSilences { get; init; } = 4;

    /// <summary>Factor on a device's usual drain, from which <c>battery.drain</c> is raised; default 3.</summary>
    public double AbnormalDrainFactor { get; init; } = 3;

    /// <summary>The rules for a registered device; what neither it nor its model says keeps its default.</summary>
    public static DetectionPolicy For(Device? device, ModelRules? model) => new()
    {
        ReportingInterval = device?.ReportingInterval ?? model?.ReportingInterval,
        Battery = model?.Battery ?? new(),
        FalseAlarmsPer1000DeviceDays = model?.FalseAlarmsPer1000DeviceDays ?? Default.FalseAlarmsPer1000DeviceDays,
        ServiceInterval = model?.ServiceInterval,
        DataLossShare = model?.DataLossShare ?? Default.DataLossShare,
        LinkDropDecibels = model?.LinkDropDecibels ?? Default.LinkDropDecibels,
        FlappingSilences = model?.FlappingSilences ?? Default.FlappingSilences,
        AbnormalDrainFactor = model?.AbnormalDrainFactor ?? Default.AbnormalDrainFactor,
    };
}
