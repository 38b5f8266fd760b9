using IoTBackend.Core.Detection;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What an operator says of a device type.</summary>
public sealed record ModelRequest
{
    private static readonly string[] Chemistries = ["li-ion", "lifepo4", "alkaline", "li-socl2", "cr"];

    public string? Platform { get; init; }

    public BatterySpecification? Battery { get; init; }

    public TimeSpan? ReportingInterval { get; init; }

    public bool SecurityTested { get; init; }

    public string? Segment { get; init; }

    public double? FalseAlarmsPer1000DeviceDays { get; init; }

    public TimeSpan? ServiceInterval { get; init; }

    public double? DataLossShare { get; init; }

    public double? LinkDropDecibels { get; init; }

    public int? FlappingSilences { get; init; }

    public double? AbnormalDrainFactor { get; init; }

    /// <summary>The first thing that is wrong, or null.</summary>
    public string? Check() =>
        RegistrationRequest.CheckPlatform(Platform)
        ?? RegistrationRequest.CheckInterval(ReportingInterval)
        ?? (Segment is null ? null : DeviceId.Check("segment", Segment))
        ?? (FalseAlarmsPer1000DeviceDays is null or > 0 and <= 1000 ? null : "falseAlarmsPer1000DeviceDays must be above 0 and at most 1000.")
        ?? (ServiceInterval is null || (ServiceInterval > TimeSpan.Zero && ServiceInterval <= TimeSpan.FromDays(3660)) ? null : "serviceInterval must be above PT0S and at most P3660D.")
        ?? (Battery is null ? null : Check(Battery))
        ?? DetectionPolicy.For(null, ToModel("model")).Errors().FirstOrDefault();

    public DeviceModel ToModel(string name) => new()
    {
        Name = name,
        Platform = Platform,
        Battery = Battery,
        ReportingInterval = ReportingInterval,
        SecurityTested = SecurityTested,
        Segment = Segment,
        FalseAlarmsPer1000DeviceDays = FalseAlarmsPer1000DeviceDays,
        ServiceInterval = ServiceInterval,
        DataLossShare = DataLossShare,
        LinkDropDecibels = LinkDropDecibels,
        FlappingSilences = FlappingSilences,
        AbnormalDrainFactor = AbnormalDrainFactor,
    };

    private static string? Check(BatterySpecification battery) =>
        battery.Chemistry is { } chemistry && !Chemistries.Contains(chemistry) ? $"battery.chemistry must be one of {string.Join(", ", Chemistries)}."
        : Outside(battery.LowVoltage, 100) || Outside(battery.CriticalVoltage, 100) ? "battery.lowVoltage and battery.criticalVoltage must be 0 to 100 volts."
        : Outside(battery.LowPercent, 100) || Outside(battery.CriticalPercent, 100) ? "battery.lowPercent and battery.criticalPercent must be 0 to 100."
        : battery.CriticalVoltage > battery.LowVoltage ? "battery.criticalVoltage must not be above battery.lowVoltage."
        : battery.CriticalPercent > battery.LowPercent ? "battery.criticalPercent must not be above battery.lowPercent."
        : null;

    private static bool Outside(double? value, double max) => value is { } v && !(v >= 0 && v <= max);
}
