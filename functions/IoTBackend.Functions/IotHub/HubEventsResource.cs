using System.Text.Json.Serialization;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Readings.IotHub;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.Ingest;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.IotHub;

/// <summary>What every request of IoT Hub's clients asks for: <c>?api-version=2021-04-12</c>. All versions have the same answer.</summary>
internal sealed record HubAsked([property: JsonPropertyName("api-version")] string? ApiVersion);

/// <summary>Telemetry from devices made for IoT Hub, over HTTP (REST API of devices, Send Device Event): only their connection string changes.</summary>
internal sealed class HubEventsResource(TakeTelemetry telemetry) : ITelemetryProtocol
{
    private const string ContentTypeHeader = "iothub-contenttype";
    private const string ContentEncodingHeader = "iothub-contentencoding";

    [Function("PostHubEvents")]
    [Asks<HubAsked>]
    public Task<IResult> PostAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/messages/events")] HttpRequest request, string deviceId) =>
        telemetry.RunAsync(request, deviceId, this);

    // IoT Hub answers 204 or refuses a whole body; and it takes any bytes, so what cannot be read here has to be found somewhere.
    public bool KeepsRefused => true;

    public (TelemetryForm Form, IResult? Refusal) FormOf(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString() is { Length: > 0 } ofHttp ? ofHttp : request.Headers[ContentEncodingHeader].ToString();
        if (ContentCodings.Of(encoding) is not { } coding)
            return (default, Refuse(StatusCodes.Status400BadRequest, $"The content encoding is none of {ContentCodings.Supported}."));
        var type = request.Headers[ContentTypeHeader].ToString() is { Length: > 0 } ofMessage ? ofMessage : request.ContentType;
        // Clients name bytes or text where the application has said nothing of its messages.
        return (new(TelemetryFormats.Of(type) ?? TelemetryFormat.Json, coding), null);
    }

    public (TelemetryMessage Message, string? Refusal) Open(HttpRequest request, TelemetryMessage message)
    {
        if (IsBatch(request.ContentType))
        {
            var batch = IotHubBatch.Read(message.Body);
            return (message with { Body = batch.Value, Format = TelemetryFormat.NdJson }, batch.Reason);
        }

        if (message.Format != TelemetryFormat.Json || PropertiesOf(request.Headers) is not { } properties || !IotHubMessage.IsObject(message.Body.Span))
            return (message, null);
        var line = new System.Buffers.ArrayBufferWriter<byte>(message.Body.Length + 256);
        IotHubMessage.Append(message.Body.Span, properties, line);
        return (message with { Body = line.WrittenMemory }, null);
    }

    public IResult Refuse(int status, string reason) => HubAnswer.Refuse(status, reason);

    public IResult Answer(IngestOutcome outcome) => outcome.Accepted > 0 ? Results.NoContent()
        : Refuse(StatusCodes.Status400BadRequest, outcome.Unreadable ?? (outcome.Rejected is [var first, ..] ? $"Reading {first.Index}: {first.Reason}" : "No reading was acceptable."));

    private static bool IsBatch(string? contentType) =>
        contentType?.Split(';')[0].Trim().Equals(IotHubBatch.MediaType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Null = none were sent.</summary>
    private static IotHubProperties? PropertiesOf(IHeaderDictionary headers)
    {
        var properties = headers.Where(h => h.Key.StartsWith(IotHubProperties.Prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(h => h.Key[IotHubProperties.Prefix.Length..], h => h.Value.ToString(), StringComparer.Ordinal);
        var (id, correlation) = (Text("iothub-messageid"), Text("iothub-correlationid"));
        return properties.Count == 0 && id is null && correlation is null ? null : new(id, correlation, properties);

        string? Text(string name) => headers[name].ToString() is { Length: > 0 } text ? text : null;
    }
}
