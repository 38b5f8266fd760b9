using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>Registered devices, with what they report.</summary>
internal sealed class DeviceResource(
    DeviceRegistration registration, RemoveDevice removal, IDeviceRegistry registry, IDeviceConditions conditions, IAlertStore alerts)
{
    private const string Device = "api/fleet/devices/{deviceId}";

    /// <summary>Register a device, or change what is said of it</summary>
    /// <response code="200">Changed; no keys</response>
    /// <response code="201">Registered, with its keys</response>
    [Function("PutDevice")]
    [Takes<RegistrationRequest>, Answers<DeviceDocument>(200), Answers<DeviceDocument>(201), Answers(409)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<RegistrationRequest>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        var result = await registration.PutAsync(deviceId, wanted, cancellationToken);
        return result.Value is not { } registered ? Problem.Conflict(result.Reason ?? "")
            : registered.Keys is null ? await ShowAsync(deviceId, cancellationToken)
            : await ShowAsync(deviceId, cancellationToken, registered.Keys, StatusCodes.Status201Created);
    }

    /// <summary>A device with what it reports</summary>
    [Function("GetDevice")]
    [Answers<DeviceDocument>(200), Answers(404)]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        ShowAsync(deviceId, cancellationToken);

    /// <summary>Remove a device; its keys are void for good</summary>
    [Function("DeleteDevice")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Device)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        await removal.RunAsync(deviceId, cancellationToken) ? Results.NoContent() : NotRegistered(deviceId);

    /// <summary>A new primary key; the old one becomes the secondary</summary>
    [Function("RotateDeviceKeys")]
    [Answers<DeviceDocument>(200), Answers(404)]
    public async Task<IResult> RotateKeysAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/rotate-keys")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        await registration.RotateKeysAsync(deviceId, cancellationToken) is { } rotated
            ? await ShowAsync(deviceId, cancellationToken, rotated.Keys)
            : NotRegistered(deviceId);

    /// <summary>Let a device in nowhere</summary>
    [Function("DisableDevice")]
    [Answers<DeviceDocument>(200), Answers(404)]
    public Task<IResult> DisableAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/disable")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        SetEnabledAsync(deviceId, false, cancellationToken);

    /// <summary>Let a device in again</summary>
    [Function("EnableDevice")]
    [Answers<DeviceDocument>(200), Answers(404)]
    public Task<IResult> EnableAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Device + "/enable")] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        SetEnabledAsync(deviceId, true, cancellationToken);

    private async Task<IResult> SetEnabledAsync(string deviceId, bool enabled, CancellationToken cancellationToken) =>
        await registration.SetEnabledAsync(deviceId, enabled, cancellationToken) is null ? NotRegistered(deviceId) : await ShowAsync(deviceId, cancellationToken);

    private async Task<IResult> ShowAsync(string deviceId, CancellationToken cancellationToken, KeyPair? keys = null, int status = StatusCodes.Status200OK)
    {
        if (await registry.FindAsync(deviceId, cancellationToken) is not { } device)
            return NotRegistered(deviceId);
        var known = await conditions.FindAsync([deviceId], cancellationToken);
        var document = DeviceDocument.Of(new(device, known.GetValueOrDefault(deviceId)), keys);
        return JsonBody.Ok(document with { OpenAlerts = await alerts.ListOpenAsync(deviceId, cancellationToken) }, status);
    }

    private static IResult NotRegistered(string deviceId) => Problem.NotFound($"No device '{deviceId}' is registered.");
}
