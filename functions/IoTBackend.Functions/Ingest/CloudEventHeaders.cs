using IoTBackend.Core.Readings.CloudEvents;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Ingest;

/// <summary>A CloudEvent's context as headers, <c>ce-</c> and the attribute's name (CloudEvents 1.0, HTTP protocol binding section 3.1.3).</summary>
internal static class CloudEventHeaders
{
    /// <summary>Null = the request is not one in binary mode.</summary>
    public static CloudEventAttributes? Read(IHeaderDictionary headers) =>
        Text(headers, "ce-specversion") is { } version
            ? new(version, Text(headers, "ce-id"), Text(headers, "ce-source"), Text(headers, "ce-type"), Text(headers, "ce-time"))
            : null;

    public static string? TraceParent(IHeaderDictionary headers) => Text(headers, "traceparent") ?? Text(headers, "ce-traceparent");

    private static string? Text(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values is [{ Length: > 0 } value] ? value : null;
}
