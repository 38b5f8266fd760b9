using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>The battery of a type of device, and the levels at which its operator wants to hear of it.</summary>
/// <param name="Chemistry">Null = not known.</param>
/// <param name="LowVoltage">Volts.</param>
/// <param name="CriticalVoltage">Volts, at most <paramref name="LowVoltage"/>.</param>
/// <param name="LowPercent">State of charge.</param>
/// <param name="CriticalPercent">State of charge, at most <paramref name="LowPercent"/>.</param>
public sealed record BatterySpecification(
    [property: AllowedValues("li-ion", "lifepo4", "alkaline", "li-socl2", "cr")] string? Chemistry = null,
    [property: Range(0.0, 100.0)] double? LowVoltage = null,
    [property: Range(0.0, 100.0)] double? CriticalVoltage = null,
    [property: Range(0.0, 100.0)] double? LowPercent = null,
    [property: Range(0.0, 100.0)] double? CriticalPercent = null) : IValidated
{
    public IEnumerable<string> Errors()
    {
        if (CriticalVoltage > LowVoltage)
            yield return "criticalVoltage must not be above lowVoltage.";
        if (CriticalPercent > LowPercent)
            yield return "criticalPercent must not be above lowPercent.";
    }
}
