using System.Text;
using System.Text.Json;

namespace IoTBackend.Core.Readings.CloudEvents;

/// <summary>One event in the JSON event format (CloudEvents 1.0, JSON format section 3).</summary>
internal struct CloudEventJson
{
    private string? _specVersion;
    private string? _id;
    private string? _source;
    private string? _type;
    private string? _time;
    private string? _dataContentType;
    private byte[]? _encoded;
    private Range? _data;
    private bool _isText;
    private string? _problem;

    /// <summary>As it came; null = none.</summary>
    public readonly string? Time => _time;

    public TelemetryFormat Format { get; private set; }

    /// <summary>Reads the object on which <paramref name="json"/> stands, up to its end.</summary>
    /// <param name="json">On the start of the value.</param>
    /// <returns>Why it was refused; null = it is an event with data in <see cref="Format"/>.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public string? Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return "A CloudEvent is a JSON object.";
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            ReadMember(ref json);
        return _problem ??= Judge();
    }

    /// <summary>The event's data: a slice of the body where it stands there as JSON.</summary>
    /// <param name="body">The bytes the event was read from.</param>
    /// <returns>Empty where the text is not valid Unicode.</returns>
    public readonly ReadOnlyMemory<byte> Data(ReadOnlyMemory<byte> body)
    {
        if (_encoded is not null)
            return _encoded;
        var value = _data is { } place ? body[place] : default;
        if (!_isText || IsJson(Format))
            return value;
        // Not JSON, so it stands in a string.
        var json = new Utf8JsonReader(value.Span);
        json.Read();
        try
        {
            return Encoding.UTF8.GetBytes(json.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }

    private void ReadMember(ref Utf8JsonReader json)
    {
        if (json.Is("specversion"u8))
            _specVersion = Text(ref json, "specversion");
        else if (json.Is("id"u8))
            _id = Text(ref json, "id");
        else if (json.Is("source"u8))
            _source = Text(ref json, "source");
        else if (json.Is("type"u8))
            _type = Text(ref json, "type");
        else if (json.Is("time"u8))
            _time = TimeText(ref json);
        else if (json.Is("datacontenttype"u8))
            _dataContentType = Text(ref json, "datacontenttype");
        else if (json.Is("data_base64"u8))
            ReadEncoded(ref json);
        else if (json.Is("data"u8))
            ReadData(ref json);
        else
        {
            json.Read();
            json.Skip();
        }
    }

    private void ReadData(ref Utf8JsonReader json)
    {
        json.Read();
        _isText = json.TokenType == JsonTokenType.String;
        var start = (int)json.TokenStartIndex;
        json.Skip();
        _data = start..(int)json.BytesConsumed;
    }

    private void ReadEncoded(ref Utf8JsonReader json)
    {
        json.Read();
        try
        {
            if (json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out _encoded))
                return;
        }
        catch (InvalidOperationException)
        {
            // Half a character, escaped: no Base64 either.
        }

        _problem ??= "data_base64 must be a string in Base64.";
        json.Skip();
    }

    private string? Text(ref Utf8JsonReader json, string name)
    {
        json.Read();
        try
        {
            if (json.TokenType is JsonTokenType.String or JsonTokenType.Null)
                return json.GetString();
        }
        catch (InvalidOperationException)
        {
            _problem ??= $"The event's {name} is not valid Unicode.";
            return null;
        }

        _problem ??= $"The event's {name} must be a string.";
        json.Skip();
        return null;
    }

    /// <summary>What is no text is no time, and costs the time alone.</summary>
    private static string? TimeText(ref Utf8JsonReader json)
    {
        json.Read();
        try
        {
            if (json.TokenType is JsonTokenType.String or JsonTokenType.Null)
                return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return "";
        }

        json.Skip();
        return "";
    }

    private string? Judge()
    {
        if (CloudEventAttributes.RefuseRequired(_specVersion, _id, _source, _type) is { } missing)
            return missing;
        if (TelemetryFormats.Of(_dataContentType) is not { } format || format is TelemetryFormat.CloudEvent or TelemetryFormat.CloudEventBatch)
            return "The event's datacontenttype is not one of telemetry.";
        Format = format;
        if (_encoded is not null && _data is not null)
            return "An event has data or data_base64, not both.";
        if (_encoded is null && _data is null)
            return "The event has no data.";
        if (_encoded is null && !IsJson(format) && !(_isText && format == TelemetryFormat.NdJson))
            return "Data of that datacontenttype stands in data_base64.";
        return null;
    }

    private static bool IsJson(TelemetryFormat format) => format is TelemetryFormat.Json or TelemetryFormat.SenMlJson;
}
