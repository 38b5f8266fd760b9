using System.Text.Json;
using IoTBackend.Core.Readings.CloudEvents;
using IoTBackend.Core.Readings.SenMl;

namespace IoTBackend.Core.Readings;

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
    private DateTimeOffset? _time;

    /// <param name="body">Not compressed.</param>
    /// <param name="format">From the content type.</param>
    /// <param name="arrivedAt">Bounds how far ahead a device's clock may be.</param>
    /// <param name="into">Cleared first.</param>
    /// <param name="time">Time of the readings that have none of their own; null = that of arrival.</param>
    public void Parse(ReadOnlyMemory<byte> body, TelemetryFormat format, DateTimeOffset arrivedAt, ParsedTelemetry into, DateTimeOffset? time = null)
    {
        into.Clear();
        try
        {
            _time = time?.ToUniversalTime();
            into.Unreadable = body.IsEmpty ? "The body is empty; a heartbeat is {}." : ParseAs(format, body, arrivedAt, into);
        }
        catch (JsonException e)
        {
            into.Unreadable = $"The body is not valid JSON: {Position(e)}.";
        }

        if (into.Unreadable is null && into.Count > MaxReadings)
            into.Unreadable = $"The body holds more than {MaxReadings} readings; send several.";
        else if (into.Unreadable is null && into.Count == 0)
            into.Unreadable = "The body holds no reading; a heartbeat is {}.";
        if (into.Unreadable is { } reason)
            into.Refuse(reason);
    }

    /// <returns>Why nothing of it can be read; null = each reading was judged.</returns>
    /// <exception cref="JsonException">It is not JSON where it should be.</exception>
    private string? ParseAs(TelemetryFormat format, ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        switch (format)
        {
            case TelemetryFormat.Json:
                ParseJson(body.Span, arrivedAt, into);
                return null;
            case TelemetryFormat.NdJson:
                ParseLines(body.Span, arrivedAt, into);
                return null;
            case TelemetryFormat.SenMlJson or TelemetryFormat.SenMlCbor:
                return ParseSenMl(format, body, arrivedAt, into);
            case TelemetryFormat.CloudEvent:
                return ParseEvent(body, arrivedAt, into);
            case TelemetryFormat.CloudEventBatch:
                return ParseEvents(body, arrivedAt, into);
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, null);
        }
    }

    private string? ParseSenMl(TelemetryFormat format, ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var pack = new SenMlPack(arrivedAt);
        if (format == TelemetryFormat.SenMlJson)
            SenMlJson.Read(body.Span, pack);
        else
            SenMlCbor.Read(body, pack);
        if (pack.Refusal is not null)
            return pack.Refusal;
        var canonical = into.Translate();
        foreach (var reading in pack.Readings)
        {
            if (reading.Problem is { } problem)
            {
                into.Rejected.Add(new(into.Count, problem));
                continue;
            }

            var start = canonical.WrittenCount;
            SenMlTranslation.Write(reading, canonical);
            var json = new Utf8JsonReader(canonical.WrittenSpan[start..], Options);
            json.Read();
            ReadOne(ref json, start, arrivedAt, into);
        }

        return null;
    }

    private string? ParseEvent(ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var json = new Utf8JsonReader(body.Span, Options);
        json.Read();
        var cloudEvent = new CloudEventJson();
        var refusal = cloudEvent.Read(ref json);
        // Whatever follows the event makes the reader throw.
        json.Read();
        return refusal ?? ParseData(cloudEvent, body, arrivedAt, into);
    }

    private string? ParseEvents(ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var json = new Utf8JsonReader(body.Span, Options);
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return "A batch of CloudEvents is an array.";
        into.Translate();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray && into.Count <= MaxReadings)
        {
            var (accepted, rejected) = (into.Accepted.Count, into.Rejected.Count);
            var cloudEvent = new CloudEventJson();
            if ((cloudEvent.Read(ref json) ?? TryParseData(cloudEvent, body, arrivedAt, into)) is not { } reason)
                continue;
            into.Truncate(accepted, rejected);
            into.Rejected.Add(new(into.Count, reason));
        }

        if (into.Count <= MaxReadings)
            json.Read();
        return null;
    }

    private string? TryParseData(in CloudEventJson cloudEvent, ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        try
        {
            return ParseData(cloudEvent, body, arrivedAt, into);
        }
        catch (JsonException e)
        {
            return $"The event's data is not valid JSON: {Position(e)}.";
        }
    }

    /// <summary>The readings of an event, each with the event's time where it has none, copied out of the envelope.</summary>
    private string? ParseData(in CloudEventJson cloudEvent, ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var (first, count) = (into.Places.Count, into.Count);
        _time = cloudEvent.Time;
        var data = cloudEvent.Data(body);
        if (ParseAs(cloudEvent.Format, data, arrivedAt, into) is { } refusal)
            return refusal;
        if (into.Count == count)
            return "The event's data holds no reading.";
        var isTranslated = cloudEvent.Format is TelemetryFormat.SenMlJson or TelemetryFormat.SenMlCbor;
        var canonical = into.Translate();
        for (var i = first; i < into.Places.Count; i++)
        {
            var source = isTranslated ? canonical.WrittenMemory : data;
            into.Places[i] = CanonicalLine.Append(source.Span[into.Places[i]], into.Accepted[i].Time == _time ? _time : null, canonical);
        }

        return null;
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
        if (reason is null && reading.Time is null && _time is { } time)
        {
            reason = ReadingJson.RefuseTime("The event's time", time, arrivedAt);
            reading = reading with { Time = time };
        }

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
