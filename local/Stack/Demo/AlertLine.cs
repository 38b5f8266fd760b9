using System.Text.Json;

namespace IoTBackend.Stack.Demo;

/// <summary>A delivered alert as one line for people.</summary>
internal static class AlertLine
{
    /// <param name="body">As Standard Webhooks delivers it.</param>
    public static string Of(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var data = root.GetProperty("data");
        var what = Text(root, "type").Replace("alert.", "", StringComparison.Ordinal);
        var at = DateTimeOffset.TryParse(Text(root, "timestamp"), null, out var time) ? $"{time.ToLocalTime():HH:mm:ss}" : "";
        var who = Text(data, "deviceId") is { Length: > 0 } device ? device : Text(data, "group");
        return $"alert  {at}  {what,-12} {Text(data, "severity"),-11} {Text(data, "kind"),-20} {who,-14} {Text(data, "summary")}";
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
