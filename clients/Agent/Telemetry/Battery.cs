using System.Text.Json;
using static IoTBackend.Agent.Telemetry.SensorReading;

namespace IoTBackend.Agent.Telemetry;

/// <param name="Percent">0 to 100.</param>
/// <param name="Voltage">Volts.</param>
internal sealed record BatteryReading(double? Percent, double? Voltage, bool? Charging);

/// <summary>The device's battery: from a command's JSON, or as the kernel tells it (Documentation/ABI/testing/sysfs-class-power).</summary>
/// <param name="command">Empty = the kernel.</param>
/// <param name="root"><c>/sys/class/power_supply</c></param>
internal sealed class Battery(IReadOnlyList<string> command, string root = "/sys/class/power_supply")
{
    /// <summary>Null = there is none, or nothing can be said of it.</summary>
    public async Task<BatteryReading?> ReadAsync(CancellationToken cancellationToken)
    {
        if (command.Count == 0)
            return FromKernel();
        using var json = await RunAsync(command, cancellationToken);
        return json is null ? null : Of(Real(json.RootElement, "percent"), Real(json.RootElement, "voltage"), Flag(json.RootElement, "charging"));
    }

    private BatteryReading? FromKernel()
    {
        if (!Directory.Exists(root))
            return null;
        foreach (var supply in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            // A mouse's battery is one too.
            if (Line(supply, "type") != "Battery" || Line(supply, "scope") == "Device")
                continue;
            var charging = Line(supply, "status") switch { "Charging" or "Full" => true, "Discharging" => false, _ => (bool?)null };
            if (Of(Number(supply, "capacity"), Number(supply, "voltage_now") / 1_000_000, charging) is { } reading)
                return reading;
        }

        return null;
    }

    private static BatteryReading? Of(double? percent, double? voltage, bool? charging)
    {
        percent = percent is >= 0 and <= 100 ? percent : null;
        voltage = voltage is >= 0 and <= 100 ? voltage : null;
        return percent is null && voltage is null ? null : new(percent, voltage, charging);
    }

    private static double? Number(string supply, string name) => Real(Line(supply, name));

    private static string? Line(string supply, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(supply, name)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Drivers leave out what they do not know, and answer ENODEV while asleep.
            return null;
        }
    }

    private static bool? Flag(JsonElement parent, string name) =>
        Core.Shared.JsonReading.Property(parent, name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;
}
