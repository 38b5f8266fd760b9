using System.Text.Json;

namespace IoTBackend.Core.Telemetry;

/// <summary>
/// Turns a body into readings, each judged on its own. Used by ingest, to tell the device what is wrong, and again by
/// processing, where a device may have sent straight to the hub. Never throws on input. Not thread-safe.
/// </summary>
public sealed class TelemetryParser
{
    /// <summary>Readings in one body.</summary>
    public const int MaxReadings = 5_000;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 16 };

    private readonly ReadingJson _readings = new();

    /// <param name="body">Not compressed.</param>
    /// <param name="format">From the content type.</param>
    /// <param name="arrivedAt">Bounds how far ahead a device's clock may be.</param>
    /// <param name="into">Cleared first.</param>
    public void Parse(ReadOnlySpan<byte> body, TelemetryFormat format, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        into.Clear();
        try
        {
            switch (format)
            {
                case TelemetryFormat.Json:
                    ParseJson(body, arrivedAt, into);
                    break;
                case TelemetryFormat.NdJson:
                    ParseLines(body, arrivedAt, into);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(format), format, null);
            }
        }
        catch (JsonException e)
        {
            into.Clear();
            into.Unreadable = $"The body is not valid JSON: {Position(e)}.";
        }

        if (into.Unreadable is null && into.Count > MaxReadings)
        {
            into.Clear();
            into.Unreadable = $"The body holds more than {MaxReadings} readings; send several.";
        }
        else if (into.Unreadable is null && into.Count == 0)
        {
            into.Unreadable = "The body holds no reading; a heartbeat is {}.";
        }
    }

    private void ParseJson(ReadOnlySpan<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var json = new Utf8JsonReader(body, Options);
        if (!json.Read())
            return;
        if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray && into.Count <= MaxReadings)
                ReadOne(ref json, 0, arrivedAt, into);
            if (into.Count > MaxReadings)
                return;
        }
        else
        {
            ReadOne(ref json, 0, arrivedAt, into);
        }

        // Whatever follows the value makes the reader throw.
        json.Read();
    }

    private void ParseLines(ReadOnlySpan<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        for (var start = 0; start < body.Length && into.Count <= MaxReadings;)
        {
            var length = body[start..].IndexOf((byte)'\n');
            var end = length < 0 ? body.Length : start + length;
            var line = body[start..end].Trim(" \t\r"u8);
            if (!line.IsEmpty)
                ParseLine(line, start + body[start..end].IndexOf(line[0]), arrivedAt, into);
            start = end + 1;
        }
    }

    private void ParseLine(ReadOnlySpan<byte> line, int offset, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var (accepted, index) = (into.Accepted.Count, into.Count);
        try
        {
            var json = new Utf8JsonReader(line, Options);
            json.Read();
            ReadOne(ref json, offset, arrivedAt, into);
            // Whatever follows the value makes the reader throw.
            json.Read();
        }
        catch (JsonException e)
        {
            if (into.Accepted.Count > accepted)
            {
                into.Accepted.RemoveAt(accepted);
                into.Places.RemoveAt(accepted);
            }

            if (into.Count == index)
                into.Rejected.Add(new(index, $"The line is not valid JSON: {Position(e)}."));
        }
    }

    private void ReadOne(ref Utf8JsonReader json, int offset, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var start = offset + (int)json.TokenStartIndex;
        var reason = _readings.Read(ref json, arrivedAt, out var reading);
        if (reason is null)
        {
            into.Accepted.Add(reading);
            into.Places.Add(start..(offset + (int)json.BytesConsumed));
        }
        else
        {
            into.Rejected.Add(new(into.Count, reason));
        }
    }

    private static string Position(JsonException e) => $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
}
