using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class DesiredFunctions(DeviceGate gate, DesiredRequests desired)
{
    [Function("GetDesired"), Asks<DesiredAsked>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/devices/{deviceId}/desired")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken) =>
        gate.Refuse(request, deviceId) ?? await desired.GetAsync(request, deviceId, cancellationToken);

    [Function("PostReported")]
    public async Task<IResult> ReportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/reported")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken) =>
        gate.Refuse(request, deviceId) ?? await desired.ReportAsync(request, deviceId, cancellationToken);
}
