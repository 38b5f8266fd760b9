using System.Globalization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.Enrolment;

/// <summary>Where a device that has nothing but a claim comes in.</summary>
internal sealed partial class EnrolResource(
    EnrolDevice enrolment, DevicesMeter meter, TrackPins pins, IOptions<DevicesOptions> options, ILogger<EnrolResource> log)
{
    /// <summary>A token, an id, a nonce and a platform.</summary>
    private const int MaxBytes = 4096;

    /// <summary>Get a key with a claim. Who asks again with the same nonce is answered the same again, and spends nothing</summary>
    /// <response code="200">The answer of before, once more</response>
    /// <response code="201">Enrolled, with the key and what to pin: whose signatures count on the device from now on</response>
    /// <response code="401">The token was made up, or its claim has expired or was revoked</response>
    /// <response code="403">The claim is used up, or for other ids</response>
    /// <response code="409">The id is or was registered; an operator has to look</response>
    [Function("EnrolDevice")]
    [Takes<EnrolRequest>, Answers<EnrolledDevice>(200), Answers<EnrolledDevice>(201), Answers(401), Answers(403), Answers(409), Answers(429), Answers(503)]
    public async Task<IResult> EnrolAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/enroll")] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<EnrolRequest>(request, cancellationToken, MaxBytes);
        if (body.Value is not { } asked)
            return Problem.BadRequest(body.Reason ?? "");
        var outcome = await enrolment.RunAsync(asked, cancellationToken);
        meter.Enrolled(outcome);
        if (outcome.Registered is not { Device: var device, Keys: { } keys })
            return Refuse(request, outcome, asked.DeviceId);
        LogEnrolled(log, device.Id, outcome.Claim, outcome.IsNew);
        return JsonBody.Ok(
            new EnrolledDevice(device.Id, keys.PrimaryKey, options.Value.HostName ?? request.Host.Value ?? "", await pins.OfAsync(device, cancellationToken)),
            outcome.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private IResult Refuse(HttpRequest request, in EnrolmentOutcome outcome, string deviceId)
    {
        // A claim that is shown and not good means that an image is about which should not be, or that more devices are needed.
        if (outcome.Claim is { } claim)
            LogRefused(log, deviceId, claim, outcome.Refusal);
        var headers = request.HttpContext.Response.Headers;
        switch (outcome.Refusal)
        {
            case EnrolmentRefusal.Token:
                headers.WWWAuthenticate = "Claim";
                return Problem.Unauthorized("The token is of no claim that is open. Ask the operator for a new one.");
            case EnrolmentRefusal.Id:
                return Problem.Forbidden("The claim is for devices whose ids begin otherwise.");
            case EnrolmentRefusal.UsedUp:
                return Problem.Forbidden("As many devices as the claim is for have enrolled. Ask the operator for a new one.");
            case EnrolmentRefusal.TooOften:
                headers.RetryAfter = Math.Ceiling(outcome.Wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return Problem.Of(StatusCodes.Status429TooManyRequests, "Too many ask with this claim at once.");
            case EnrolmentRefusal.Taken or _:
                return Problem.Conflict($"The id '{deviceId}' is or was registered. An operator has to register it, or the device takes another.");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Device {DeviceId} enrolled with claim {Claim} (for the first time: {IsNew})")]
    private static partial void LogEnrolled(ILogger log, string deviceId, string? claim, bool isNew);

    [LoggerMessage(2, LogLevel.Warning, "Device {DeviceId} was not let in with claim {Claim}: {Refusal}")]
    private static partial void LogRefused(ILogger log, string deviceId, string claim, EnrolmentRefusal? refusal);

    /// <param name="PrimaryKey">Base64; what the device signs with.</param>
    /// <param name="HostName">What it signs for, <c>{hostName}/devices/{deviceId}</c>: <c>Devices__HostName</c>, else as the request named the backend, which then compares none.</param>
    /// <param name="Tracks">What it follows now, with whose signatures count: pinned, the backend cannot change that for the device any more.</param>
    internal sealed record EnrolledDevice(string DeviceId, string PrimaryKey, string HostName, IReadOnlyList<TrackPin> Tracks);
}
