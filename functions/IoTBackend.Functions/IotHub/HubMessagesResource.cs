using System.Globalization;
using System.Text.Json.Serialization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.IotHub;

/// <summary>Changes of the desired state as cloud-to-device messages of IoT Hub's (REST API of devices): received under a lock, then settled.</summary>
internal sealed partial class HubMessagesResource(DeviceGate gate, ReadingBudgets budgets, DesiredMessages messages, ILogger<HubMessagesResource> log)
{
    private const string Messages = "devices/{deviceId}/messages/devicebound";

    [Function("GetHubMessage")]
    [Asks<HubAsked>]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Messages)] HttpRequest request, string deviceId, CancellationToken cancellationToken) =>
        LetInAsync(request, deviceId, async () =>
        {
            if (await messages.ReceiveAsync(deviceId, cancellationToken) is not { } message)
                return Results.NoContent();
            var headers = request.HttpContext.Response.Headers;
            headers.ETag = $"\"{message.Token}\"";
            headers["iothub-messageid"] = $"desired-{message.State.Version}";
            headers["iothub-sequencenumber"] = message.State.Version.ToString(CultureInfo.InvariantCulture);
            headers["iothub-to"] = $"/devices/{deviceId}/messages/deviceBound";
            headers["iothub-deliverycount"] = (message.Count - 1).ToString(CultureInfo.InvariantCulture);
            headers["iothub-contenttype"] = "application/json";
            headers["iothub-contentencoding"] = "utf-8";
            headers["iothub-app-kind"] = "desired";
            return JsonBody.Ok(message.State);
        });

    [Function("SettleHubMessage")]
    [Asks<HubSettling>]
    public Task<IResult> SettleAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Messages + "/{lockToken}")] HttpRequest request,
        string deviceId,
        string lockToken,
        CancellationToken cancellationToken) =>
        LetInAsync(request, deviceId, async () =>
        {
            if (!await messages.SettleAsync(deviceId, lockToken, cancellationToken))
                return LockLost();
            if (request.Query.ContainsKey("reject"))
                LogRejected(log, deviceId);
            return Results.NoContent();
        });

    [Function("AbandonHubMessage")]
    [Asks<HubAsked>]
    public Task<IResult> AbandonAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Messages + "/{lockToken}/abandon")] HttpRequest request,
        string deviceId,
        string lockToken,
        CancellationToken cancellationToken) =>
        LetInAsync(request, deviceId, async () => await messages.AbandonAsync(deviceId, lockToken, cancellationToken) ? Results.NoContent() : LockLost());

    /// <summary>Its clients ask every second unless they are told otherwise: each call is paid for as a reading.</summary>
    private async Task<IResult> LetInAsync(HttpRequest request, string deviceId, Func<Task<IResult>> next)
    {
        var credential = gate.Judge(request, deviceId);
        if (credential != AuthenticationResult.Valid)
            return HubAnswer.Refuse(credential.Status(), credential.Detail());
        var budget = budgets.Of(deviceId);
        if (budget.Wait() is { Ticks: > 0 } wait)
        {
            request.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return HubAnswer.Refuse(StatusCodes.Status429TooManyRequests, "The device has sent more than it may.");
        }

        budget.Spend(1);
        return await next();
    }

    private static IResult LockLost() =>
        HubAnswer.Refuse(StatusCodes.Status412PreconditionFailed, "The lock is lost: the message was settled, given back, or given again since.");

    [LoggerMessage(1, LogLevel.Warning, "Device {DeviceId} rejected what it is to run; it is not told of it again before that changes")]
    private static partial void LogRejected(ILogger log, string deviceId);

    /// <param name="Reject">Without a value: the device does not want the message.</param>
    internal sealed record HubSettling([property: JsonPropertyName("api-version")] string? ApiVersion, string? Reject);
}
