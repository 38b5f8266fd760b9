namespace IoTBackend.Core.Devices;

/// <summary>
/// How devices of one type are watched, as the API takes it, the store keeps it and a file of rules replays it.
/// What is null is as the backend has it for every device.
/// </summary>
public abstract record ModelRules
{
    private static readonly TimeSpan MinServiceInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxServiceInterval = TimeSpan.FromDays(40_000);

    public BatterySpecification? Battery { get; init; }

    /// <summary>Declared time between reports, 1 s to 366 d; null = learned.</summary>
    public TimeSpan? ReportingInterval { get; init; }

    /// <summary>Accepted false <c>device.offline</c> alerts per 1,000 device-days, 0.001 to 1000; null = 1. Less means later.</summary>
    public double? FalseAlarmsPer1000DeviceDays { get; init; }

    /// <summary>A battery forecast to be empty before this much time has passed raises <c>battery.forecast</c>, 1 h to 40,000 d; null = no such alert.</summary>
    public TimeSpan? ServiceInterval { get; init; }

    /// <summary>Share of messages lost from which <c>device.dataLoss</c> is raised, 0.01 to 1; null = 0.1.</summary>
    public double? DataLossShare { get; init; }

    /// <summary>Fall of the signal against the device's own baseline from which <c>link.degraded</c> may be raised, 1 to 60 dB; null = 10.</summary>
    public double? LinkDropDecibels { get; init; }

    /// <summary>Silences among the latest 100 intervals from which a device is flapping, 2 to 50; null = 4.</summary>
    public int? FlappingSilences { get; init; }

    /// <summary>Factor on a device's usual drain from which <c>battery.drain</c> is raised, 1.2 to 100; null = 3.</summary>
    public double? AbnormalDrainFactor { get; init; }

    /// <summary>Everything that is wrong with these rules, one sentence each; empty = valid.</summary>
    public IEnumerable<string> Errors()
    {
        if (RegistrationRequest.CheckInterval(ReportingInterval) is { } wrong)
            yield return wrong;
        if (FalseAlarmsPer1000DeviceDays is not (null or >= 0.001 and <= 1000))
            yield return "falseAlarmsPer1000DeviceDays must be 0.001 to 1000.";
        if (ServiceInterval is { } service && (service < MinServiceInterval || service > MaxServiceInterval))
            yield return "serviceInterval must be between PT1H and P40000D.";
        if (DataLossShare is not (null or >= 0.01 and <= 1))
            yield return "dataLossShare must be 0.01 to 1.";
        if (LinkDropDecibels is not (null or >= 1 and <= 60))
            yield return "linkDropDecibels must be 1 to 60.";
        if (FlappingSilences is not (null or >= 2 and <= 50))
            yield return "flappingSilences must be 2 to 50.";
        if (AbnormalDrainFactor is not (null or >= 1.2 and <= 100))
            yield return "abnormalDrainFactor must be 1.2 to 100.";
        foreach (var error in Battery?.Errors() ?? [])
            yield return $"battery.{error}";
    }
}
