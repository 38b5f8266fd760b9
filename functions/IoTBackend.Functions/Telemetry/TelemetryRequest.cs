using System.Diagnostics;
using System.Globalization;
using IoTBackend.Core;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Telemetry;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Telemetry;

/// <summary>A device's request as Core sees it, and Core's outcome as the device sees it.</summary>
internal sealed class TelemetryRequest(DeviceGate gate, IDesiredVersions desired, Core.Telemetry.IngestTelemetry telemetry)
{
    public async Task<IResult> HandleAsync(HttpRequest request, string deviceId, CancellationToken cancellationToken)
    {
        if (gate.Refuse(request, deviceId) is { } refusal)
            return refusal;
        if (desired.Find(deviceId) is { } version)
            request.HttpContext.Response.Headers["Desired-Version"] = version.ToString(CultureInfo.InvariantCulture);
        if (TelemetryFormats.Of(request.ContentType) is not { } format)
            return Problem.Of(StatusCodes.Status415UnsupportedMediaType, $"The content type is none of {TelemetryFormats.Supported}.");
        var encoding = request.Headers.ContentEncoding.ToString();
        var isGzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!isGzip && encoding.Length > 0)
            return Problem.Of(StatusCodes.Status415UnsupportedMediaType, "The content encoding is not gzip.");

        using var body = await TelemetryBody.ReadAsync(request.Body, request.ContentLength, cancellationToken);
        if (body is null)
            return Problem.Of(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {TelemetryBody.MaxBytes} bytes.");
        if (!isGzip)
            return await TakeAsync(body, format, deviceId, cancellationToken);

        var inflated = await body.InflateAsync(cancellationToken);
        if (inflated.Reason is { } reason)
            return Problem.Of(StatusCodes.Status413PayloadTooLarge, reason);
        using (inflated.Value)
            return await TakeAsync(inflated.Value!, format, deviceId, cancellationToken);
    }

    private async Task<IResult> TakeAsync(TelemetryBody body, TelemetryFormat format, string deviceId, CancellationToken cancellationToken)
    {
        var outcome = await telemetry.RunAsync(new(deviceId, body.Memory, format, Activity.Current?.Id), cancellationToken);
        return (outcome.Unreadable, outcome.Accepted) switch
        {
            ({ } reason, _) => Problem.BadRequest(reason),
            (null, 0) => Problem.Of(StatusCodes.Status400BadRequest, "No reading was acceptable.", ("rejected", outcome.Rejected)),
            _ => JsonBody.Ok(new { outcome.Accepted, outcome.Rejected }, StatusCodes.Status202Accepted),
        };
    }
}
