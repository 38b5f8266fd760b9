using System.Globalization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>Devices that operators keep where they are: of one release, or pinned, whatever comes on the track.</summary>
internal sealed class HoldResource(IRolloutStore rollouts, OperateRollout operate, ITracks tracks)
{
    private const string Route = "api/tracks/{track}/held/{deviceId}";

    /// <summary>Keep a device where it is</summary>
    [Function("HoldDevice")]
    [Takes<HoldGiven>, Answers<HeldDevices>(200), Answers(404), Answers(409), Answers(412)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Route)] HttpRequest request, string track, string deviceId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<HoldGiven>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "");
        var made = RolloutResource.Given(request, given.By, given.Why);
        if (made.Value is not { } decision)
            return RolloutResource.Refuse(made.Reason);
        if (given.Release is { } release && Release.TrackOf(release) != track)
            return Problem.BadRequest("release must be one of this track, or left out.");
        if (await tracks.FindAsync(track, cancellationToken) is not { } known)
            return Unknown(track);
        if (!known.Rollout.IsStaged)
            return Problem.Conflict("The track goes to all its devices at once; say something under its rollout first, or leave the device out of its targets.");
        return Show(request, await operate.HoldAsync(track, deviceId, given.Release, decision, cancellationToken));
    }

    /// <summary>Let a device go: it gets what it missed, at its own time</summary>
    [Function("LetDeviceGo")]
    [Asks<LetGoAsked>, Answers<HeldDevices>(200), Answers(404), Answers(412)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Route)] HttpRequest request, string track, string deviceId, CancellationToken cancellationToken)
    {
        var query = Query.Read<LetGoAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        var made = RolloutResource.Given(request, asked.By, asked.Why);
        if (made.Value is not { } decision)
            return RolloutResource.Refuse(made.Reason);
        return (await rollouts.HoldsAsync(track, cancellationToken))?.Value.Held.Any(h => h.Device == deviceId) != true
            ? Problem.NotFound($"'{deviceId}' is not kept out of track '{track}'.")
            : Show(request, await operate.LetGoAsync(track, deviceId, decision, cancellationToken));
    }

    /// <summary>Devices that are kept out of a track. The ETag is for If-Match</summary>
    [Function("ListHeldDevices")]
    [Answers<HeldDevices>(200), Answers(404)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/tracks/{track}/held")] HttpRequest request, string track, CancellationToken cancellationToken)
    {
        if ((await rollouts.HoldsAsync(track, cancellationToken))?.Value is { } holds)
            return Show(request, holds);
        return await tracks.FindAsync(track, cancellationToken) is null ? Unknown(track) : Show(request, new DeviceHolds { Track = track });
    }

    private static IResult Unknown(string track) => Problem.NotFound($"There is no track '{track}'.");

    private static IResult Show(HttpRequest request, Result<DeviceHolds> holds)
    {
        if (holds.Value is not { } held)
            return holds.Reason == OperateRollout.Changed ? RolloutResource.Refuse(holds.Reason) : Problem.Conflict(holds.Reason ?? "");
        EntityTag.Show(request, held.Number.ToString(CultureInfo.InvariantCulture));
        return JsonBody.Ok(new HeldDevices(held.Held));
    }

    /// <param name="Release">The one it is excluded from; left out = pinned, whatever comes.</param>
    /// <param name="By">Who decides; not needed where the platform knows.</param>
    /// <param name="Why">For who asks later.</param>
    internal sealed record HoldGiven(string? Release, string? By, string? Why);

    /// <param name="By">Who decides, where the platform does not know; left out = an operator.</param>
    /// <param name="Why">For the timeline.</param>
    internal sealed record LetGoAsked(string By = "an operator", string? Why = null);

    internal sealed record HeldDevices(IReadOnlyList<DeviceHold> Held);
}
