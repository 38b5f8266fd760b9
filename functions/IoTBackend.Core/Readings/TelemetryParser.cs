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

    /// <summary>Lines, or events of a batch, that are no JSON: each costs an exception, and a body of so many is not what it says.</summary>
    private const int MaxBroken = 500;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 16 };

    private readonly ReadingJson _readings = new();
    private DateTimeOffset? _time;
    private int _broken;

    /// <param name="body">Not compressed.</param>
    /// <param name="format">From the content type.</param>
    /// <param name="arrivedAt">Bounds how far ahead a device's clock may be.</param>
    /// <param name="into">Cleared first.</param>
    /// <param name="event">Where the body is the data of a CloudEvent in binary mode: its time is that of readings that have none of their own.</param>
    public void Parse(ReadOnlyMemory<byte> body, TelemetryFormat format, DateTimeOffset arrivedAt, ParsedTelemetry into, CloudEventAttributes? @event = null)
    {
        into.Clear();
        string? refusal;
        try
        {
            (_broken, _time) = (0, @event?.Time is { } time ? TimeOf(time, arrivedAt, into) : null);
            refusal = body.IsEmpty ? "The body is empty; a heartbeat is {}." : ParseAs(format, body, arrivedAt, into);
        }
        catch (JsonException e)
        {
            refusal = $"The body is not valid JSON: {Position(e)}.";
        }

        var canonical = into.Canonical?.WrittenCount ?? 0;
        var readings = into.Count;
        if (refusal is null && into.Count > MaxReadings)
            refusal = $"The body holds more than {MaxReadings} readings; send several.";
        else if (refusal is null && into.Count == 0)
            refusal = "The body holds no reading; a heartbeat is {}.";
        if (refusal is not null)
            into.Refuse(refusal);
        into.Units = Math.Max(ParsedTelemetry.UnitsOf(Math.Max(body.Length, canonical)), Math.Max(readings, into.Records / 4));
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
                return ParseLines(body.Span, arrivedAt, into);
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
        var pack = new SenMlPack(arrivedAt, into);
        if (format == TelemetryFormat.SenMlJson)
            SenMlJson.Read(body.Span[ByteOrderMark.Of(body.Span)..], pack);
        else
            SenMlCbor.Read(body, pack);
        if (pack.Refusal is not null)
            return pack.Refusal;
        var canonical = into.Translate();
        foreach (var reading in pack.Readings)
        {
            var start = canonical.WrittenCount;
            SenMlTranslation.Write(reading, canonical);
            if (canonical.WrittenCount > SenMlPack.MaxCanonicalBytes)
                return SenMlPack.TooLarge;
            var json = new Utf8JsonReader(canonical.WrittenSpan[start..], Options);
            json.Read();
            ReadOne(ref json, start, arrivedAt, into);
        }

        return null;
    }

    private string? ParseEvent(ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        body = body[ByteOrderMark.Of(body.Span)..];
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
        body = body[ByteOrderMark.Of(body.Span)..];
        var json = new Utf8JsonReader(body.Span, Options);
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return "A batch of CloudEvents is an array.";
        into.Translate();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray && into.Count <= MaxReadings)
        {
            var mark = into.Here();
            var cloudEvent = new CloudEventJson();
            if ((cloudEvent.Read(ref json) ?? TryParseData(cloudEvent, body, arrivedAt, into)) is not { } reason)
                continue;
            into.Truncate(mark);
            into.Reject(reason);
            if (_broken > MaxBroken)
                return $"More than {MaxBroken} events hold data that is not valid JSON.";
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
            _broken++;
            return $"The event's data is not valid JSON: {Position(e)}.";
        }
    }

    /// <summary>The readings of an event, each with the event's time where it has none, copied out of the envelope.</summary>
    private string? ParseData(in CloudEventJson cloudEvent, ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var (first, count) = (into.Places.Count, into.Count);
        _time = cloudEvent.Time is { } time ? TimeOf(time, arrivedAt, into) : null;
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

        return canonical.WrittenCount > 2 * SenMlPack.MaxCanonicalBytes ? SenMlPack.TooLarge : null;
    }

    private void ParseJson(ReadOnlySpan<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var start = ByteOrderMark.Of(body);
        var json = new Utf8JsonReader(body[start..], Options);
        if (!json.Read())
            return;
        if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray && into.Count <= MaxReadings)
                ReadOne(ref json, start, arrivedAt, into);
            if (into.Count > MaxReadings)
                return;
        }
        else
        {
            ReadOne(ref json, start, arrivedAt, into);
        }

        // Whatever follows the value makes the reader throw.
        json.Read();
    }

    private string? ParseLines(ReadOnlySpan<byte> body, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        for (var start = 0; start < body.Length && into.Count <= MaxReadings;)
        {
            // Files put together have a mark in front of each.
            start += ByteOrderMark.Of(body[start..]);
            var length = body[start..].IndexOf((byte)'\n');
            var end = length < 0 ? body.Length : start + length;
            var line = body[start..end].Trim(" \t\r"u8);
            if (!line.IsEmpty)
                ParseLine(line, start + body[start..end].IndexOf(line[0]), arrivedAt, into);
            if (_broken > MaxBroken)
                return $"More than {MaxBroken} lines are not valid JSON.";
            start = end + 1;
        }

        return null;
    }

    private void ParseLine(ReadOnlySpan<byte> line, int offset, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var mark = into.Here();
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
            _broken++;
            into.Truncate(mark);
            into.Reject($"The line is not valid JSON: {Position(e)}.");
        }
    }

    private void ReadOne(ref Utf8JsonReader json, int offset, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var start = offset + (int)json.TokenStartIndex;
        if (_readings.Read(ref json, arrivedAt, into, out var reading) is { } reason)
        {
            into.Reject(reason);
            return;
        }

        into.Accepted.Add(reading.Time is null && _time is not null ? reading with { Time = _time } : reading);
        into.Places.Add(start..(offset + (int)json.BytesConsumed));
    }

    /// <summary>The time of a CloudEvent, in words; null, and told, where it cannot be used.</summary>
    private static DateTimeOffset? TimeOf(string time, DateTimeOffset arrivedAt, ParsedTelemetry into)
    {
        var parsed = Rfc3339.Parse(time);
        var problem = parsed is { } at ? ReadingJson.RefuseTime(at, arrivedAt) : $"must be a time as in RFC 3339 with its zone, for example {Rfc3339.Example}; the time of arrival is used.";
        if (problem is null)
            return parsed;
        into.Ignore(ReadingField.EventTime, problem);
        return null;
    }

    private static string Position(JsonException e) => $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
}
