using System.Diagnostics;
using System.Globalization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Ingest;

/// <summary>The one way in for telemetry over HTTP: credential, budget, bounds, the hub. Protocols differ in what is around it.</summary>
internal sealed class TakeTelemetry(DeviceGate gate, IDesiredVersions desired, ReadingBudgets budgets, TelemetryMeter meter, AcceptTelemetry telemetry)
{
    // Without the request's token: an abandoned body ends by itself, and what is on its way to the hub is not called back.
    public async Task<IResult> RunAsync(HttpRequest request, string deviceId, ITelemetryProtocol protocol)
    {
        var credential = gate.Judge(request, deviceId);
        if (credential != AuthenticationResult.Valid)
            return protocol.Refuse(credential.Status(), credential.Detail());
        var budget = budgets.Of(deviceId);
        if (budget.Wait() is { Ticks: > 0 } wait)
            return SlowDown(request, wait, protocol);
        if (desired.Find(deviceId) is { } version)
            request.HttpContext.Response.Headers["Desired-Version"] = version.ToString(CultureInfo.InvariantCulture);
        var (form, unknown) = protocol.FormOf(request);
        if (unknown is not null)
        {
            budget.Spend(ParsedTelemetry.UnitsOf(0));
            return unknown;
        }

        using var body = await TelemetryBody.ReadAsync(request.Body, request.ContentLength, CancellationToken.None);
        if (body is null)
            return Refuse(TelemetryBody.MaxBytes, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {TelemetryBody.MaxBytes} bytes.");
        // Many may be let in at once before the first of them is paid for.
        if (budget.Wait() is { Ticks: > 0 } nowWait)
            return SlowDown(request, nowWait, protocol);
        if (form.Coding == ContentCoding.Identity)
            return await TakeAsync(body);
        var inflated = TelemetryBody.Inflate(body.Memory, form.Coding);
        using var readable = inflated.Body;
        return readable is not null ? await TakeAsync(readable)
            : inflated.IsTooLarge ? Refuse(TelemetryBody.MaxInflatedBytes, StatusCodes.Status413PayloadTooLarge, inflated.Reason!)
            : Refuse(body.Memory.Length * 4, StatusCodes.Status400BadRequest, inflated.Reason!);

        async Task<IResult> TakeAsync(TelemetryBody taken)
        {
            var (message, sealedShut) = protocol.Open(request, new(deviceId, taken.Memory, form.Format, TraceOf(request), form.Event));
            return sealedShut is not null
                ? Refuse(taken.Memory.Length, StatusCodes.Status400BadRequest, sealedShut)
                : protocol.Answer(await telemetry.RunAsync(message, budget, CancellationToken.None, protocol.KeepsRefused));
        }

        // What is refused is paid for as what is taken: by the bytes that were looked at.
        IResult Refuse(int bytes, int status, string reason)
        {
            budget.Spend(ParsedTelemetry.UnitsOf(bytes));
            return protocol.Refuse(status, reason);
        }
    }

    private static string? TraceOf(HttpRequest request) => Activity.Current?.Id ?? TelemetryTracing.Valid(CloudEventHeaders.TraceParent(request.Headers));

    private IResult SlowDown(HttpRequest request, TimeSpan wait, ITelemetryProtocol protocol)
    {
        meter.Throttled();
        request.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return protocol.Refuse(StatusCodes.Status429TooManyRequests, "The device has sent more readings than it may; nothing was taken.");
    }
}
