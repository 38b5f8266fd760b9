using IoTBackend.Core.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

internal sealed class HubTokenFunction(DeviceGate gate, HubTokens tokens)
{
    [Function("IssueHubToken")]
    public IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/hub-token")] HttpRequest request, string deviceId) =>
        gate.Refuse(request, deviceId)
        ?? (tokens.Issue(deviceId) is { } token
            ? JsonBody.Ok(token)
            : Problem.NotFound("This backend gives out no tokens for sending straight to the hub; send to /devices/{deviceId}/telemetry."));
}
