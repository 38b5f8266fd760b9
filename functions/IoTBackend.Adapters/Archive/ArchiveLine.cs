using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using IoTBackend.Core.Readings;

namespace IoTBackend.Adapters.Archive;

/// <summary>
/// An event as one line of JSON: <c>partition</c> and <c>sequenceNumber</c> (together its identity), <c>enqueuedAt</c>,
/// <c>deviceId</c>, <c>contentType</c>, <c>eventTime</c> where a CloudEvent in binary mode names one, and the body as it came:
/// <c>body</c> where it is JSON, the lines of NDJSON as an array, else <c>bodyBase64</c> with its <c>contentEncoding</c>.
/// </summary>
internal static class ArchiveLine
{
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 16 };

    public static void Write(int partition, in HubEvent @event, IBufferWriter<byte> into)
    {
        using (var json = new Utf8JsonWriter(into, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("partition"u8, partition);
            json.WriteNumber("sequenceNumber"u8, @event.SequenceNumber);
            json.WriteString("enqueuedAt"u8, @event.EnqueuedAt.UtcDateTime);
            Write(json, "deviceId"u8, @event.Sender);
            Write(json, "contentType"u8, @event.ContentType);
            Write(json, "eventTime"u8, @event.Event?.Time);
            if (OneLine(@event) is { IsEmpty: false } body)
            {
                json.WritePropertyName("body"u8);
                json.WriteRawValue(body.Span, skipInputValidation: true);
            }
            else
            {
                Write(json, "contentEncoding"u8, @event.ContentEncoding);
                json.WriteBase64String("bodyBase64"u8, @event.Body.Span);
            }

            json.WriteEndObject();
        }

        into.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    /// <summary>The body as one line of JSON; empty = it is not JSON.</summary>
    private static ReadOnlyMemory<byte> OneLine(in HubEvent @event)
    {
        if (@event.Body.IsEmpty || ContentCodings.Of(@event.ContentEncoding) != ContentCoding.Identity)
            return default;
        var body = @event.Body[ByteOrderMark.Of(@event.Body.Span)..];
        if (TelemetryFormats.Of(@event.ContentType) != TelemetryFormat.NdJson)
            return IsJson(body.Span) ? Flatten(body) : default;
        var array = new ArrayBufferWriter<byte>(body.Length + 2);
        foreach (var place in body.Span.Split((byte)'\n'))
        {
            var line = body.Span[place].Trim(" \t\r"u8);
            if (line.IsEmpty)
                continue;
            if (!IsJson(line))
                return default;
            array.Write(array.WrittenCount == 0 ? "["u8 : ","u8);
            array.Write(line);
        }

        if (array.WrittenCount == 0)
            return default;
        array.Write("]"u8);
        return Flatten(array.WrittenMemory);
    }

    private static bool IsJson(ReadOnlySpan<byte> value)
    {
        // Bytes in a string are not looked at until it is asked for; a reader of the archive would stop at them.
        if (!Utf8.IsValid(value))
            return false;
        try
        {
            var json = new Utf8JsonReader(value, ReaderOptions);
            var tokens = 0;
            while (json.Read())
            {
                // An escape may still name half a character.
                if (json is { TokenType: JsonTokenType.String or JsonTokenType.PropertyName, ValueIsEscaped: true })
                    json.GetString();
                tokens++;
            }

            return tokens > 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A line feed inside JSON is white space: strings cannot hold one.</summary>
    private static ReadOnlyMemory<byte> Flatten(ReadOnlyMemory<byte> value)
    {
        if (!value.Span.ContainsAny((byte)'\n', (byte)'\r'))
            return value;
        var line = value.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }
}
