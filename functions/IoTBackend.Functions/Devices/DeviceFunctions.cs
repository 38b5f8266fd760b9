using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

internal sealed class DeviceFunctions(DeviceRequests devices)
{
    private const string Device = "api/fleet/devices/{deviceId}";

    [Function("PutDevice")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.PutAsync(request, deviceId, cancellationToken);

    [Function("GetDevice")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.GetAsync(deviceId, cancellationToken);

    [Function("DeleteDevice")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.DeleteAsync(deviceId, cancellationToken);

    [Function("RotateDeviceKeys")]
    public Task<IResult> RotateKeysAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/rotate-keys")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.RotateKeysAsync(deviceId, cancellationToken);

    [Function("DisableDevice")]
    public Task<IResult> DisableAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/disable")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.SetEnabledAsync(deviceId, false, cancellationToken);

    [Function("EnableDevice")]
    public Task<IResult> EnableAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/enable")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        devices.SetEnabledAsync(deviceId, true, cancellationToken);

    [Function("ListDevices")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/fleet/devices")] HttpRequest request, CancellationToken cancellationToken) =>
        devices.ListAsync(request, cancellationToken);

    [Function("SummarizeFleet")]
    public Task<IResult> SummarizeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/fleet/summary")] HttpRequest request, CancellationToken cancellationToken) =>
        devices.SummarizeAsync(cancellationToken);
}
