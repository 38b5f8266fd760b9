using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>A device asks what it is to run, and says how it gets on.</summary>
internal sealed class DesiredResource(DeviceGate gate, ReadingBudgets budgets, ReadDesired desired, IDesiredStates states, IReleases releases, TimeProvider time)
{
    /// <summary>What the device is to run. If-None-Match with the ETag of the answer before gives 304; with Retry-After where too many wait</summary>
    /// <response code="200">The desired state, with its ETag</response>
    [Function("GetDesired")]
    [Asks<DesiredAsked>, Answers<DesiredState>(200), Answers(304), Answers(403), Answers(429)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/devices/{deviceId}/desired")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken)
    {
        if (Refuse(request, deviceId) is { } refusal)
            return refusal;
        var query = Query.Read<DesiredAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        var answer = await desired.RunAsync(deviceId, KnownVersion(request), TimeSpan.FromSeconds(asked.Wait), cancellationToken);
        if (answer.AskAgainAfter is { } pause)
            RetryAfter(request, pause);
        if (answer.State is not { } state)
            return Results.StatusCode(StatusCodes.Status304NotModified);
        request.HttpContext.Response.Headers.ETag = $"\"{state.Version}\"";
        return JsonBody.Ok(state);
    }

    /// <summary>How an update gets on</summary>
    [Function("PostReported")]
    [Takes<ReportedState>, Answers(204), Answers(403), Answers(404), Answers(429)]
    public async Task<IResult> ReportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/reported")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken)
    {
        if (Refuse(request, deviceId) is { } refusal)
            return refusal;
        var body = await JsonBody.ReadAsync<ReportedState>(request, cancellationToken);
        if (body.Value is not { } report)
            return Problem.BadRequest(body.Reason ?? "");
        var track = report.Check();
        if (track.Value is not { } name)
            return Problem.BadRequest(track.Reason ?? "");
        if (await releases.FindAsync(report.Release, cancellationToken) is null)
            return Problem.NotFound($"There is no release '{report.Release}'.");
        await states.SaveReportAsync(deviceId, name, report.Received(time.GetUtcNow()), cancellationToken);
        return Results.NoContent();
    }

    /// <summary>Each call is paid for as a reading: it costs the store as much.</summary>
    private IResult? Refuse(HttpRequest request, string deviceId)
    {
        if (gate.Refuse(request, deviceId) is { } refusal)
            return refusal;
        var budget = budgets.Of(deviceId);
        if (budget.Wait() is { Ticks: > 0 } wait)
        {
            RetryAfter(request, wait);
            return Problem.Of(StatusCodes.Status429TooManyRequests, "The device has sent and asked more than it may.");
        }

        budget.Spend(1);
        return null;
    }

    private static void RetryAfter(HttpRequest request, TimeSpan pause) =>
        request.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static long? KnownVersion(HttpRequest request) =>
        long.TryParse(request.Headers.IfNoneMatch.ToString().Replace("W/", "", StringComparison.Ordinal).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : null;

    internal sealed record DesiredAsked
    {
        /// <summary>Seconds to wait for a change; 0 = answer at once.</summary>
        [Range(0, 60)]
        public int Wait { get; init; }
    }
}
