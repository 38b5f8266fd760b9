using IoTBackend.Core.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Devices;

/// <summary>Lets a device's request in, or answers it. Every device-facing function asks it first.</summary>
internal sealed class DeviceGate(DeviceAuthentication authentication, AuthenticationFailures failures, AuthenticationAlerts alerts, DevicesMeter meter)
{
    /// <summary>Null = the request carries a valid credential of this device.</summary>
    public IResult? Refuse(HttpRequest request, string deviceId) =>
        Judge(request, deviceId) is var result && result == AuthenticationResult.Valid ? null : Problem.Of(result.Status(), result.Detail());

    /// <summary>For protocols with refusals of their own. What is not valid is counted, and said where it is too much.</summary>
    public AuthenticationResult Judge(HttpRequest request, string deviceId)
    {
        var result = authentication.Verify(request.Headers.Authorization.ToString(), deviceId);
        meter.Authenticated(result);
        if (result == AuthenticationResult.Valid)
            return result;
        if (failures.Record(deviceId, result) is { } step)
            alerts.Post(step);
        if (result.Status() == StatusCodes.Status401Unauthorized)
            request.HttpContext.Response.Headers.WWWAuthenticate = "SharedAccessSignature";
        return result;
    }
}
