using System.Globalization;
using IoTBackend.Core.Alerts;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Devices;

/// <summary>Operators' requests about devices, and their answers.</summary>
internal sealed class DeviceRequests(
    DeviceRegistration registration, RemoveDevice removal, IDeviceRegistry registry, IDeviceConditions conditions, IAlertStore alerts, Fleet fleet)
{
    public async Task<IResult> PutAsync(HttpRequest request, string deviceId, CancellationToken cancellationToken)
    {
        if (DeviceId.Check("deviceId", deviceId) is { } wrongId)
            return Problem.BadRequest(wrongId);
        var body = await JsonBody.ReadAsync<RegistrationRequest>(request, cancellationToken);
        if ((body.Reason ?? body.Value?.Check()) is { } wrong)
            return Problem.BadRequest(wrong);
        var result = await registration.PutAsync(deviceId, body.Value!, cancellationToken);
        return result.Value is not { } registered ? Problem.Conflict(result.Reason ?? "")
            : registered.Keys is null ? await ShowAsync(deviceId, null, StatusCodes.Status200OK, cancellationToken)
            : await ShowAsync(deviceId, registered.Keys, StatusCodes.Status201Created, cancellationToken);
    }

    public Task<IResult> GetAsync(string deviceId, CancellationToken cancellationToken) =>
        ShowAsync(deviceId, null, StatusCodes.Status200OK, cancellationToken);

    public async Task<IResult> DeleteAsync(string deviceId, CancellationToken cancellationToken) =>
        DeviceId.IsValid(deviceId) && await removal.RunAsync(deviceId, cancellationToken) ? Results.NoContent() : NotRegistered(deviceId);

    public async Task<IResult> RotateKeysAsync(string deviceId, CancellationToken cancellationToken) =>
        DeviceId.IsValid(deviceId) && await registration.RotateKeysAsync(deviceId, cancellationToken) is { } rotated
            ? await ShowAsync(deviceId, rotated.Keys, StatusCodes.Status200OK, cancellationToken)
            : NotRegistered(deviceId);

    public async Task<IResult> SetEnabledAsync(string deviceId, bool enabled, CancellationToken cancellationToken) =>
        DeviceId.IsValid(deviceId) && await registration.SetEnabledAsync(deviceId, enabled, cancellationToken) is not null
            ? await ShowAsync(deviceId, null, StatusCodes.Status200OK, cancellationToken)
            : NotRegistered(deviceId);

    public async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (Top(request, Fleet.DefaultTop) is not { } top)
            return Problem.BadRequest("top must be a number.");
        var page = await fleet.ListAsync(Text(request, "filter"), top, Text(request, "continuation"), cancellationToken);
        return page.Value is { } found
            ? JsonBody.Ok(new { Devices = found.Devices.Select(entry => DeviceDocument.Of(entry)), found.Continuation })
            : Problem.BadRequest(page.Reason ?? "");
    }

    public async Task<IResult> SummarizeAsync(CancellationToken cancellationToken) => JsonBody.Ok(await fleet.SummarizeAsync(cancellationToken));

    internal static int? Top(HttpRequest request, int ifMissing) =>
        Text(request, "top") is not { } text ? ifMissing
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var top) ? top
        : null;

    internal static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private async Task<IResult> ShowAsync(string deviceId, KeyPair? keys, int status, CancellationToken cancellationToken)
    {
        if (!DeviceId.IsValid(deviceId) || await registry.FindAsync(deviceId, cancellationToken) is not { } device)
            return NotRegistered(deviceId);
        var known = await conditions.FindAsync([deviceId], cancellationToken);
        var document = DeviceDocument.Of(new(device, known.GetValueOrDefault(deviceId)), keys);
        return JsonBody.Ok(document with { OpenAlerts = await alerts.ListOpenAsync(deviceId, cancellationToken) }, status);
    }

    private static IResult NotRegistered(string deviceId) => Problem.NotFound($"No device '{deviceId}' is registered.");
}
