namespace IoTBackend.Core.Devices;

/// <param name="Chemistry">One of <see cref="Chemistries"/>; null = not known.</param>
/// <param name="LowVoltage">0..100 V.</param>
/// <param name="CriticalVoltage">0..100 V, at most <paramref name="LowVoltage"/>.</param>
/// <param name="LowPercent">0..100.</param>
/// <param name="CriticalPercent">0..100, at most <paramref name="LowPercent"/>.</param>
public sealed record BatterySpecification(
    string? Chemistry = null,
    double? LowVoltage = null,
    double? CriticalVoltage = null,
    double? LowPercent = null,
    double? CriticalPercent = null)
{
    /// <summary>Those whose discharge is known.</summary>
    public static IReadOnlyList<string> Chemistries { get; } = ["li-ion", "lifepo4", "alkaline", "li-socl2", "cr"];

    /// <summary>Everything that is wrong, one sentence each that begins with the field's name.</summary>
    public IEnumerable<string> Errors()
    {
        if (Chemistry is not null && !Chemistries.Contains(Chemistry, StringComparer.Ordinal))
            yield return $"chemistry must be one of {string.Join(", ", Chemistries)}.";
        foreach (var (name, value, unit) in new[]
        {
            ("lowVoltage", LowVoltage, " volts"), ("criticalVoltage", CriticalVoltage, " volts"), ("lowPercent", LowPercent, ""), ("criticalPercent", CriticalPercent, ""),
        })
        {
            if (value is not (null or >= 0 and <= 100))
                yield return $"{name} must be 0 to 100{unit}.";
        }
        if (CriticalVoltage > LowVoltage)
            yield return "criticalVoltage must not be above lowVoltage.";
        if (CriticalPercent > LowPercent)
            yield return "criticalPercent must not be above lowPercent.";
    }
}
