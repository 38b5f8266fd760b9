using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>What an operator says of a device type.</summary>
public sealed record ModelRequest : ModelRules
{
    public string? Platform { get; init; }

    public bool SecurityTested { get; init; }

    public string? Segment { get; init; }

    /// <summary>The first thing that is wrong, or null.</summary>
    public string? Check() =>
        RegistrationRequest.CheckPlatform(Platform)
        ?? (Segment is null ? null : DeviceId.Check("segment", Segment))
        ?? Errors().FirstOrDefault();

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
}
