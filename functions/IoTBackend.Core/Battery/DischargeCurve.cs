namespace IoTBackend.Core.Battery;

/// <summary>Voltage against state of charge by chemistry.</summary>
public static class DischargeCurve
{
    /// <summary>Names accepted in <see cref="Devices.BatterySpecification.Chemistry"/>.</summary>
    public static IReadOnlyList<string> Chemistries { get; } = ["li-ion", "lifepo4", "alkaline", "li-socl2", "cr"];

    public static bool IsKnown(string chemistry) => Chemistries.Contains(chemistry, StringComparer.Ordinal);
}
