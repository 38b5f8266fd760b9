using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

/// <summary>Readings as they are: the content type names their form, and the answer what became of each.</summary>
internal sealed class TelemetryResource(TakeTelemetry telemetry) : ITelemetryProtocol
{
    /// <summary>Send readings: at most 256 KB, gzip or zstd if you like. A CloudEvent in binary mode is one of the first four with ce- headers</summary>
    /// <response code="202">The hub has acknowledged what was accepted. The header Desired-Version names the version of the desired state</response>
    [Function("IngestTelemetry")]
    [TakesMedia("application/json", "application/x-ndjson", "application/senml+json", "application/senml+cbor", "application/cloudevents+json", "application/cloudevents-batch+json")]
    [Answers<TelemetryTaken>(202), Answers(400), Answers(403), Answers(415), Answers(429)]
    public Task<IResult> IngestAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/telemetry")] HttpRequest request, string deviceId) =>
        telemetry.RunAsync(request, deviceId, this);

    public (TelemetryForm Form, IResult? Refusal) FormOf(HttpRequest request)
    {
        if (TelemetryFormats.Of(request.ContentType) is not { } format)
            return (default, Refuse(StatusCodes.Status415UnsupportedMediaType, $"The content type is none of {TelemetryFormats.Supported}."));
        if (ContentCodings.Of(request.Headers.ContentEncoding.ToString()) is not { } coding)
            return (default, Refuse(StatusCodes.Status415UnsupportedMediaType, $"The content encoding is none of {ContentCodings.Supported}."));
        var attributes = CloudEventHeaders.Read(request.Headers);
        return (new(format, coding, attributes), attributes?.Problem is { } problem ? Refuse(StatusCodes.Status400BadRequest, problem) : null);
    }

    public IResult Refuse(int status, string reason) => Problem.Of(status, reason);

    public IResult Answer(IngestOutcome outcome) => TelemetryAnswer.Of(outcome);
}
