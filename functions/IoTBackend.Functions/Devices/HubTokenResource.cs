using IoTBackend.Core.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>Tokens for devices that send straight to the hub.</summary>
internal sealed class HubTokenResource(DeviceGate gate, HubTokens tokens)
{
    /// <summary>A token for sending straight to the hub</summary>
    /// <response code="200">For one hour, under the device's own name</response>
    [Function("IssueHubToken")]
    [Answers<HubToken>(200), Answers(403), Answers(404)]
    public IResult Issue(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/hub-token")] HttpRequest request, string deviceId) =>
        gate.Refuse(request, deviceId)
        ?? (tokens.Issue(deviceId) is { } token
            ? JsonBody.Ok(token)
            : Problem.NotFound("This backend gives out no tokens for sending straight to the hub; send to /api/devices/{deviceId}/telemetry."));
}
