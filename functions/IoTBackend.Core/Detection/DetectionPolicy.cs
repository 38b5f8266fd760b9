using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Detection;

/// <summary>The rules for one device, resolved from the backend's defaults, its model, its groups and its own registration.</summary>
public sealed record DetectionPolicy
{
    private static readonly DetectionPolicy Default = new();

    /// <summary>Declared time between reports, 1 s to 400 d; null = learned. A floor of what is expected: lost messages are still learned.</summary>
    public TimeSpan? ReportingInterval { get; init; }

    public BatterySpecification Battery { get; init; } = new();

    /// <summary>Accepted false <c>device.offline</c> alerts per 1,000 device-days, 0.001 to 1000; default 1. Less means later.</summary>
    public double FalseAlarmsPer1000DeviceDays { get; init; } = 1;

    /// <summary>The battery shall last until it is this old; null = no <c>battery.forecast</c> alert.</summary>
    public TimeSpan? ServiceInterval { get; init; }

    /// <summary>Share of messages lost from which <c>device.dataLoss</c> is raised, 0.01 to 1; default 0.1. Cleared below half of it.</summary>
    public double DataLossShare { get; init; } = 0.1;

    /// <summary>Fall of the signal against the device's own baseline, 1 to 60 dB, from which <c>link.degraded</c> may be raised; default 10.</summary>
    public double LinkDropDecibels { get; init; } = 10;

    /// <summary>Silences among the latest 100 intervals from which a device is flapping, 2 to 50; default 4.</summary>
    public int FlappingSilences { get; init; } = 4;

    /// <summary>Factor on a device's usual drain, 1.2 to 100, from which <c>battery.drain</c> is raised; default 3.</summary>
    public double AbnormalDrainFactor { get; init; } = 3;

    /// <summary>The rules for a registered device; what neither it nor its model says keeps its default.</summary>
    public static DetectionPolicy For(Device? device, DeviceModel? model) => new()
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

    /// <summary>Everything that is wrong with these rules, one sentence each; empty = valid.</summary>
    public IEnumerable<string> Errors()
    {
        if (ReportingInterval is { } interval && (interval < TimeSpan.FromSeconds(1) || interval > TimeSpan.FromDays(400)))
            yield return "reportingInterval must lie between 1 s and 400 d";
        if (FalseAlarmsPer1000DeviceDays is not (>= 0.001 and <= 1000))
            yield return "falseAlarmsPer1000DeviceDays must lie between 0.001 and 1000";
        if (ServiceInterval is { } service && (service < TimeSpan.FromHours(1) || service > TimeSpan.FromDays(40_000)))
            yield return "serviceInterval must lie between 1 h and 40,000 d";
        if (DataLossShare is not (>= 0.01 and <= 1))
            yield return "dataLossShare must lie between 0.01 and 1";
        if (LinkDropDecibels is not (>= 1 and <= 60))
            yield return "linkDropDecibels must lie between 1 and 60";
        if (FlappingSilences is < 2 or > 50)
            yield return "flappingSilences must lie between 2 and 50";
        if (AbnormalDrainFactor is not (>= 1.2 and <= 100))
            yield return "abnormalDrainFactor must lie between 1.2 and 100";
        foreach (var error in BatteryErrors(Battery))
            yield return error;
    }

    private static IEnumerable<string> BatteryErrors(BatterySpecification battery)
    {
        if (battery.Chemistry is { } chemistry && !Core.Detection.Battery.DischargeCurve.IsKnown(chemistry))
            yield return $"chemistry must be one of {string.Join(", ", Core.Detection.Battery.DischargeCurve.Chemistries)}";
        if (battery.LowVoltage is not (null or >= 0 and <= 100) || battery.CriticalVoltage is not (null or >= 0 and <= 100))
            yield return "lowVoltage and criticalVoltage must lie between 0 and 100 V";
        if (battery.LowPercent is not (null or >= 0 and <= 100) || battery.CriticalPercent is not (null or >= 0 and <= 100))
            yield return "lowPercent and criticalPercent must lie between 0 and 100";
        if (battery.CriticalVoltage > battery.LowVoltage)
            yield return "criticalVoltage must not lie above lowVoltage";
        if (battery.CriticalPercent > battery.LowPercent)
            yield return "criticalPercent must not lie above lowPercent";
    }
}
