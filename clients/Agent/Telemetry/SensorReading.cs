using System.Globalization;
using System.Text.Json;
using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Telemetry;

/// <summary>What a sensor says, by a command's JSON or in a file of the kernel; of which nothing is certain.</summary>
internal static class SensorReading
{
    /// <summary>Null = the command failed, or printed something else.</summary>
    public static async Task<JsonDocument?> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        try
        {
            return await Command.RunAsync(command, cancellationToken) is { } output ? JsonDocument.Parse(output) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static double? Real(JsonElement parent, string name) =>
        Core.Shared.JsonReading.Property(parent, name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    public static double? Real(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
}
