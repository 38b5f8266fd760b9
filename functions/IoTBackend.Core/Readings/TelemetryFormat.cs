namespace IoTBackend.Core.Readings;

/// <summary>The forms in which readings arrive, over HTTP and over AMQP alike.</summary>
public enum TelemetryFormat
{
    /// <summary>One object, or an array of them: <c>application/json</c>, or no content type at all.</summary>
    Json,

    /// <summary>One object per line: <c>application/x-ndjson</c>.</summary>
    NdJson,

    /// <summary>A SenML pack, RFC 8428: <c>application/senml+json</c>.</summary>
    SenMlJson,

    /// <summary>The same in CBOR: <c>application/senml+cbor</c>.</summary>
    SenMlCbor,

    /// <summary>A CloudEvent in structured mode, version 1.0: <c>application/cloudevents+json</c>.</summary>
    CloudEvent,

    /// <summary>An array of them: <c>application/cloudevents-batch+json</c>.</summary>
    CloudEventBatch,
}

/// <summary>Media types of <see cref="TelemetryFormat"/>.</summary>
public static class TelemetryFormats
{
    public const string Supported =
        "application/json, application/x-ndjson, application/senml+json, application/senml+cbor, application/cloudevents+json, application/cloudevents-batch+json";

    private static readonly (string MediaType, TelemetryFormat Format)[] Known =
    [
        ("application/json", TelemetryFormat.Json),
        ("application/x-ndjson", TelemetryFormat.NdJson),
        ("application/ndjson", TelemetryFormat.NdJson),
        ("application/jsonl", TelemetryFormat.NdJson),
        ("application/senml+json", TelemetryFormat.SenMlJson),
        ("application/senml+cbor", TelemetryFormat.SenMlCbor),
        ("application/cloudevents+json", TelemetryFormat.CloudEvent),
        ("application/cloudevents-batch+json", TelemetryFormat.CloudEventBatch),
    ];

    /// <summary>The format a content type names, its parameters aside; null = not one of ours.</summary>
    public static TelemetryFormat? Of(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        var mediaType = (end < 0 ? contentType : contentType[..end]).Trim();
        if (mediaType.IsEmpty)
            return TelemetryFormat.Json;
        foreach (var (known, format) in Known)
        {
            if (mediaType.Equals(known, StringComparison.OrdinalIgnoreCase))
                return format;
        }

        return null;
    }

    public static string MediaType(this TelemetryFormat format)
    {
        foreach (var (mediaType, known) in Known)
        {
            if (known == format)
                return mediaType;
        }

        throw new ArgumentOutOfRangeException(nameof(format), format, null);
    }
}
