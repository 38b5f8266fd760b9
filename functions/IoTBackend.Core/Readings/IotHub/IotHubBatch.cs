using System.Buffers;
using System.Text;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Readings.IotHub;

/// <summary>
/// Several messages in one body, <c>application/vnd.microsoft.iothub.json</c>:
/// <c>[{"body":"base64","properties":{"iothub-app-name":"value"}}]</c>; with <c>"base64Encoded":false</c> the body is text.
/// </summary>
public static class IotHubBatch
{
    public const string MediaType = "application/vnd.microsoft.iothub.json";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    /// <summary>The messages as NDJSON, or why none can be read: a batch is taken whole or not at all, as IoT Hub does.</summary>
    public static Result<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> body)
    {
        var lines = new ArrayBufferWriter<byte>(Math.Max(1, body.Length));
        try
        {
            using var batch = JsonDocument.Parse(body, Options);
            if (batch.RootElement.ValueKind != JsonValueKind.Array || batch.RootElement.GetArrayLength() > TelemetryParser.MaxReadings)
                return Result<ReadOnlyMemory<byte>>.Rejected($"A batch is an array of at most {TelemetryParser.MaxReadings} messages.");
            var index = 0;
            foreach (var message in batch.RootElement.EnumerateArray())
            {
                if (BodyOf(message) is not { } bytes)
                    return Result<ReadOnlyMemory<byte>>.Rejected($"Message {index} has no body in base64.");
                IotHubMessage.Append(bytes, new(null, null, PropertiesOf(message)), lines);
                index++;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: text with half a character of UTF-16, escaped.
            return Result<ReadOnlyMemory<byte>>.Rejected("The batch is not valid JSON.");
        }

        return lines.WrittenCount <= TelemetryBody.MaxInflatedBytes
            ? lines.WrittenMemory
            : Result<ReadOnlyMemory<byte>>.Rejected($"The messages have more than {TelemetryBody.MaxInflatedBytes} bytes together.");
    }

    private static byte[]? BodyOf(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.String)
            return null;
        if (message.TryGetProperty("base64Encoded", out var encoded) && encoded.ValueKind == JsonValueKind.False)
            return Encoding.UTF8.GetBytes(body.GetString() ?? "");
        return body.TryGetBytesFromBase64(out var bytes) ? bytes : null;
    }

    private static Dictionary<string, string> PropertiesOf(JsonElement message)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!message.TryGetProperty("properties", out var given) || given.ValueKind != JsonValueKind.Object)
            return properties;
        foreach (var property in given.EnumerateObject())
        {
            if (property.Name.StartsWith(IotHubProperties.Prefix, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind == JsonValueKind.String)
                properties[property.Name[IotHubProperties.Prefix.Length..]] = property.Value.GetString() ?? "";
        }

        return properties;
    }
}
