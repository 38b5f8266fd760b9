using System.Diagnostics;
using System.Globalization;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

/// <summary>A device's request as Core sees it, and Core's outcome as the device sees it.</summary>
internal sealed class TelemetryResource(
    DeviceGate gate, IDesiredVersions desired, ReadingBudgets budgets, TelemetryMeter meter, AcceptTelemetry telemetry)
{
    // Without the request's token: an abandoned body ends by itself, and what is on its way to the hub is not called back.
    /// <summary>Send readings: at most 256 KB, gzip or zstd if you like. A CloudEvent in binary mode is one of the first four with ce- headers</summary>
    /// <response code="202">The hub has acknowledged what was accepted. The header Desired-Version names the version of the desired state</response>
    [Function("IngestTelemetry")]
    [TakesMedia("application/json", "application/x-ndjson", "application/senml+json", "application/senml+cbor", "application/cloudevents+json", "application/cloudevents-batch+json")]
    [Answers<TelemetryTaken>(202), Answers(400), Answers(403), Answers(415), Answers(429)]
    public async Task<IResult> IngestAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/telemetry")] HttpRequest request, string deviceId)
    {
        if (gate.Refuse(request, deviceId) is { } refusal)
            return refusal;
        var budget = budgets.Of(deviceId);
        if (budget.Wait() is { Ticks: > 0 } wait)
            return SlowDown(request, wait);
        if (desired.Find(deviceId) is { } version)
            request.HttpContext.Response.Headers["Desired-Version"] = version.ToString(CultureInfo.InvariantCulture);
        if (TelemetryFormats.Of(request.ContentType) is not { } format)
            return Refuse(budget, 0, StatusCodes.Status415UnsupportedMediaType, $"The content type is none of {TelemetryFormats.Supported}.");
        if (ContentCodings.Of(request.Headers.ContentEncoding.ToString()) is not { } coding)
            return Refuse(budget, 0, StatusCodes.Status415UnsupportedMediaType, $"The content encoding is none of {ContentCodings.Supported}.");
        var attributes = CloudEventHeaders.Read(request.Headers);
        if (attributes?.Problem is { } problem)
            return Refuse(budget, 0, StatusCodes.Status400BadRequest, problem);

        using var body = await TelemetryBody.ReadAsync(request.Body, request.ContentLength, CancellationToken.None);
        if (body is null)
            return Refuse(budget, TelemetryBody.MaxBytes, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {TelemetryBody.MaxBytes} bytes.");
        // Many may be let in at once before the first of them is paid for.
        if (budget.Wait() is { Ticks: > 0 } nowWait)
            return SlowDown(request, nowWait);
        if (coding == ContentCoding.Identity)
            return await TakeAsync(body);
        var inflated = TelemetryBody.Inflate(body.Memory, coding);
        using var readable = inflated.Body;
        return readable is not null ? await TakeAsync(readable)
            : inflated.IsTooLarge ? Refuse(budget, TelemetryBody.MaxInflatedBytes, StatusCodes.Status413PayloadTooLarge, inflated.Reason!)
            : Refuse(budget, body.Memory.Length * 4, StatusCodes.Status400BadRequest, inflated.Reason!);

        async Task<IResult> TakeAsync(TelemetryBody taken) => TelemetryAnswer.Of(await telemetry.RunAsync(
            new(deviceId, taken.Memory, format, TraceOf(request), attributes), budget, CancellationToken.None));
    }

    /// <summary>What is refused is paid for as what is taken: by the bytes that were looked at.</summary>
    private static IResult Refuse(ReadingBudget budget, int bytes, int status, string reason)
    {
        budget.Spend(ParsedTelemetry.UnitsOf(bytes));
        return Problem.Of(status, reason);
    }

    private static string? TraceOf(HttpRequest request) => Activity.Current?.Id ?? TelemetryTracing.Valid(CloudEventHeaders.TraceParent(request.Headers));

    private IResult SlowDown(HttpRequest request, TimeSpan wait)
    {
        meter.Throttled();
        request.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Problem.Of(StatusCodes.Status429TooManyRequests, "The device has sent more readings than it may; nothing was taken.");
    }
}
