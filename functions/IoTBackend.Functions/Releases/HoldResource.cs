using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
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
    [Takes<HoldGiven>, Answers<HeldDevices>(200), Answers(404), Answers(409)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Route)] HttpRequest request, string track, string deviceId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<HoldGiven>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "");
        var by = RolloutResource.Person(request, given.By);
        if (Decision.Check(by, given.Why) is { } wrong)
            return Problem.BadRequest(wrong);
        if (given.Release is { } release && Release.TrackOf(release) != track)
            return Problem.BadRequest("release must be one of this track, or left out.");
        if (await tracks.FindAsync(track, cancellationToken) is not { } known)
            return Problem.NotFound($"There is no track '{track}'.");
        if (!known.Rollout.IsStaged)
            return Problem.Conflict("The track goes to all its devices at once; say something under its rollout first, or leave the device out of its targets.");
        return Show(await operate.HoldAsync(track, deviceId, given.Release, new(by!, given.Why, null), cancellationToken));
    }

    /// <summary>Let a device go: it gets what it missed, at its own time</summary>
    [Function("LetDeviceGo")]
    [Answers<HeldDevices>(200), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Route)] HttpRequest request, string track, string deviceId, CancellationToken cancellationToken) =>
        (await rollouts.HoldsAsync(track, cancellationToken))?.Value.Held.Any(h => h.Device == deviceId) != true
            ? Problem.NotFound($"'{deviceId}' is not kept out of track '{track}'.")
            : Show(await operate.LetGoAsync(track, deviceId, cancellationToken));

    /// <summary>Devices that are kept out of a track</summary>
    [Function("ListHeldDevices")]
    [Answers<HeldDevices>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/tracks/{track}/held")] HttpRequest request, string track, CancellationToken cancellationToken) =>
        JsonBody.Ok(new HeldDevices((await rollouts.HoldsAsync(track, cancellationToken))?.Value.Held ?? []));

    private static IResult Show(Core.Shared.Result<DeviceHolds> holds) => holds.Value is { } held ? JsonBody.Ok(new HeldDevices(held.Held)) : Problem.Conflict(holds.Reason ?? "");

    /// <param name="Release">The one it is excluded from; left out = pinned, whatever comes.</param>
    /// <param name="By">Who decides; not needed where the platform knows.</param>
    /// <param name="Why">For who asks later.</param>
    internal sealed record HoldGiven(string? Release, string? By, string? Why);

    internal sealed record HeldDevices(IReadOnlyList<DeviceHold> Held);
}
