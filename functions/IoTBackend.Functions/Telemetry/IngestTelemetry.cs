using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Telemetry;

internal sealed class IngestTelemetry(TelemetryRequest requests)
{
    [Function(nameof(IngestTelemetry))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/telemetry")] HttpRequest request,
        string deviceId) => requests.HandleAsync(request, deviceId);
}
