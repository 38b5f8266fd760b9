namespace IoTBackend.Core.Telemetry;

/// <summary>The forms in which readings arrive, over HTTP and over AMQP alike.</summary>
public enum TelemetryFormat
{
    /// <summary>One object, or an array of them: <c>application/json</c>, or no content type at all.</summary>
    Json,

    /// <summary>One object per line: <c>application/x-ndjson</c>.</summary>
    NdJson,
}

/// <summary>Media types of <see cref="TelemetryFormat"/>.</summary>
public static class TelemetryFormats
{
    public const string Supported = "application/json, application/x-ndjson";

    /// <summary>The format a content type names, its parameters aside; null = not one of ours.</summary>
    public static TelemetryFormat? Of(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        var mediaType = (end < 0 ? contentType : contentType[..end]).Trim();
        if (mediaType.IsEmpty || mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return TelemetryFormat.Json;
        if (mediaType.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("application/ndjson", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("application/jsonl", StringComparison.OrdinalIgnoreCase))
            return TelemetryFormat.NdJson;
        return null;
    }

    public static string MediaType(this TelemetryFormat format) => format switch
    {
        TelemetryFormat.Json => "application/json",
        TelemetryFormat.NdJson => "application/x-ndjson",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };
}
