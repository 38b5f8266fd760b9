using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Telemetry;

internal sealed class IngestTelemetry(TelemetryRequest requests)
{
    /// <summary>Send readings: at most 256 KB, gzip or zstd if you like. A CloudEvent in binary mode is one of the first four with ce- headers</summary>
    /// <response code="202">The hub has acknowledged what was accepted. The header Desired-Version names the version of the desired state</response>
    [Function(nameof(IngestTelemetry))]
    [TakesMedia("application/json", "application/x-ndjson", "application/senml+json", "application/senml+cbor", "application/cloudevents+json", "application/cloudevents-batch+json")]
    [Answers<TelemetryTaken>(202), Answers(400), Answers(403), Answers(415), Answers(429)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/telemetry")] HttpRequest request,
        string deviceId) => requests.HandleAsync(request, deviceId);
}
