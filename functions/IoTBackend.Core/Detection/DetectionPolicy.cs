using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Detection;

/// <summary>The rules for one device, resolved from the backend's defaults, its model, its groups and its own registration.</summary>
public sealed record DetectionPolicy
{
    /// <summary>Declared time between reports; null = learned.</summary>
    public TimeSpan? ReportingInterval { get; init; }

    public BatterySpecification Battery { get; init; } = new();

    public static DetectionPolicy For(Device? device, DeviceModel? model) => new()
    {
        ReportingInterval = device?.ReportingInterval ?? model?.ReportingInterval,
        Battery = model?.Battery ?? new(),
    };
}
