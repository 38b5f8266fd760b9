using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>
/// What detection is told of a type of device: in the API, in a policy that is replayed, and in the store. Its ranges stand here
/// and nowhere else. Null = the default, which <see cref="Detection.DetectionPolicy"/> states.
/// </summary>
public record ModelRules
{
    /// <summary>Declared time between reports; null = learned.</summary>
    [DurationRange("PT1S", "P366D")]
    public TimeSpan? ReportingInterval { get; init; }

    public BatterySpecification? Battery { get; init; }

    /// <summary>Accepted false <c>device.offline</c> alerts per 1,000 device-days.</summary>
    [Range(0.001, 1000)]
    public double? FalseAlarmsPer1000DeviceDays { get; init; }

    /// <summary>A battery forecast to be empty before this much time has passed raises <c>battery.forecast</c>; null = no such alert.</summary>
    [DurationRange("PT1H", "P40000D")]
    public TimeSpan? ServiceInterval { get; init; }

    /// <summary>Share of messages lost from which <c>device.dataLoss</c> is raised.</summary>
    [Range(0.01, 1.0)]
    public double? DataLossShare { get; init; }

    /// <summary>Fall of the signal against the device's own baseline, in dB, from which <c>link.degraded</c> may be raised.</summary>
    [Range(1.0, 60.0)]
    public double? LinkDropDecibels { get; init; }

    /// <summary>Silences among the latest 100 intervals from which a device is flapping.</summary>
    [Range(2, 50)]
    public int? FlappingSilences { get; init; }

    /// <summary>Factor on a device's usual drain from which <c>battery.drain</c> is raised.</summary>
    [Range(1.2, 100.0)]
    public double? AbnormalDrainFactor { get; init; }
}
