using System.Buffers;
using System.Text.Json;

namespace IoTBackend.Core.Readings.IotHub;

/// <summary>What IoT Hub's clients send beside a body.</summary>
/// <param name="Properties">The application's, by name.</param>
public sealed record IotHubProperties(string? MessageId, string? CorrelationId, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>Before the name of an application's property, in headers and in batches.</summary>
    public const string Prefix = "iothub-app-";

    internal bool IsEmpty => MessageId is null && CorrelationId is null && Properties.Count == 0;
}

/// <summary>
/// A message of IoT Hub's as a reading of ours, one line of NDJSON. Its body is the reading; what stands beside it goes along as the member
/// <c>iothub</c>, which nothing here reads: it is kept in the archive.
/// </summary>
public static class IotHubMessage
{
    /// <summary>Whether it is an object, beside which there is room for its properties.</summary>
    public static bool IsObject(ReadOnlySpan<byte> body) => body[ByteOrderMark.Of(body)..].TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <param name="body">JSON; what is none is for the parser to refuse.</param>
    /// <param name="properties">Left out where the body is no object.</param>
    /// <param name="lines">Where the line goes, or the lines of an array.</param>
    public static void Append(ReadOnlySpan<byte> body, IotHubProperties properties, ArrayBufferWriter<byte> lines)
    {
        body = body[ByteOrderMark.Of(body)..].Trim(" \t\r\n"u8);
        if (body is [(byte)'[', ..] && TryAppendItems(body, lines))
            return;
        if (body is [(byte)'{', ..] && !properties.IsEmpty)
        {
            Write(properties, lines);
            body = body[1..].TrimStart(" \t\r\n"u8);
            if (body is not [(byte)'}', ..])
                lines.Write(","u8);
        }

        AppendLine(body, lines);
    }

    private static bool TryAppendItems(ReadOnlySpan<byte> array, ArrayBufferWriter<byte> lines)
    {
        var json = new Utf8JsonReader(array);
        try
        {
            using var document = JsonDocument.ParseValue(ref json);
            foreach (var item in document.RootElement.EnumerateArray())
                AppendLine(JsonSerializer.SerializeToUtf8Bytes(item), lines);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A line feed is white space in JSON: within a line it is written as a blank.</summary>
    private static void AppendLine(ReadOnlySpan<byte> json, ArrayBufferWriter<byte> lines)
    {
        var line = lines.GetSpan(json.Length + 1);
        json.CopyTo(line);
        line[..json.Length].Replace((byte)'\n', (byte)' ');
        line[..json.Length].Replace((byte)'\r', (byte)' ');
        line[json.Length] = (byte)'\n';
        lines.Advance(json.Length + 1);
    }

    /// <summary>The beginning of an object.</summary>
    private static void Write(IotHubProperties properties, ArrayBufferWriter<byte> lines)
    {
        lines.Write("{\"iothub\":"u8);
        using var json = new Utf8JsonWriter(lines);
        json.WriteStartObject();
        if (properties.MessageId is { } id)
            json.WriteString("messageId", id);
        if (properties.CorrelationId is { } correlation)
            json.WriteString("correlationId", correlation);
        json.WriteStartObject("properties");
        foreach (var (name, value) in properties.Properties)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
