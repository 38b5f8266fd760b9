using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>A device asks what it is to run, and says how it gets on.</summary>
internal sealed class DesiredResource(DeviceGate gate, ReadDesired desired, IDesiredStates states, IReleases releases, TimeProvider time)
{
    /// <summary>What the device is to run. If-None-Match with the ETag of the answer before gives 304</summary>
    /// <response code="200">The desired state, with its ETag</response>
    [Function("GetDesired")]
    [Asks<DesiredAsked>, Answers<DesiredState>(200), Answers(304), Answers(403)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/devices/{deviceId}/desired")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken)
    {
        if (gate.Refuse(request, deviceId) is { } refusal)
            return refusal;
        var query = Query.Read<DesiredAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        var state = await desired.RunAsync(deviceId, KnownVersion(request), TimeSpan.FromSeconds(asked.Wait), cancellationToken);
        if (state is null)
            return Results.StatusCode(StatusCodes.Status304NotModified);
        request.HttpContext.Response.Headers.ETag = $"\"{state.Version}\"";
        return JsonBody.Ok(state);
    }

    /// <summary>How an update gets on</summary>
    [Function("PostReported")]
    [Takes<ReportedState>, Answers(204), Answers(403), Answers(404)]
    public async Task<IResult> ReportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/devices/{deviceId}/reported")] HttpRequest request,
        string deviceId,
        CancellationToken cancellationToken)
    {
        if (gate.Refuse(request, deviceId) is { } refusal)
            return refusal;
        var body = await JsonBody.ReadAsync<ReportedState>(request, cancellationToken);
        if (body.Value is not { } report)
            return Problem.BadRequest(body.Reason ?? "");
        var track = report.Check();
        if (track.Value is not { } name)
            return Problem.BadRequest(track.Reason ?? "");
        if (await releases.FindAsync(report.Release, cancellationToken) is null)
            return Problem.NotFound($"There is no release '{report.Release}'.");
        await states.SaveReportAsync(deviceId, name, report with { At = time.GetUtcNow() }, cancellationToken);
        return Results.NoContent();
    }

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
