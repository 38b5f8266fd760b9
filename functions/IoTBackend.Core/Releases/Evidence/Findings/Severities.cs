using System.Globalization;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Findings;

/// <summary>How scanners say how bad something is.</summary>
internal static class Severities
{
    public static FindingSeverity Of(string? word) => word?.ToLowerInvariant() switch
    {
        "critical" => FindingSeverity.Critical,
        "high" => FindingSeverity.High,
        "medium" or "moderate" => FindingSeverity.Medium,
        "low" or "negligible" or "info" or "none" => FindingSeverity.Low,
        _ => FindingSeverity.Unknown,
    };

    /// <summary>A member that is a CVSS score, as a number or as text; the bands are CVSS 3.1's. Null = it has none, or 0.</summary>
    public static FindingSeverity? OfScore(JsonElement? parent, string name)
    {
        if (parent is not { } p || !p.TryGetProperty(name, out var value))
            return null;
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(value);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var score) ? score switch
        {
            >= 9 => FindingSeverity.Critical,
            >= 7 => FindingSeverity.High,
            >= 4 => FindingSeverity.Medium,
            > 0 => FindingSeverity.Low,
            _ => null,
        } : null;
    }
}
