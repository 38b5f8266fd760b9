using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>Pushed images on tracks, what the gates said of them, and how far their devices have come.</summary>
internal sealed class ReleaseResource(IReleases releases, ITracks tracks, IRolloutStore rollouts, ReleaseProgress progress, DryRun dryRun)
{
    /// <summary>Releases, the newest first</summary>
    [Function("ListReleases")]
    [Asks<ReleasesAsked>, Answers<ReleaseList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<ReleasesAsked>(request);
        if (query.Value is not { Track: var track })
            return Problem.BadRequest(query.Reason ?? "");
        if (track is not null && RouteNames.Check("track", track) is { } wrong)
            return Problem.BadRequest(wrong);
        var all = new List<Release>();
        await foreach (var release in releases.ListAsync(track, cancellationToken))
            all.Add(release);
        var current = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in all.Select(r => r.Track).Distinct())
            current[name] = (await tracks.CurrentAsync(name, cancellationToken))?.Value;
        // Of those that are neither, some years' worth: what their rollouts came to stands at each.
        var active = await rollouts.ActiveAsync(cancellationToken);
        var states = new Dictionary<string, RolloutState?>(StringComparer.Ordinal);
        foreach (var release in all.Where(r => r.Id == current[r.Track] || active.Contains(r.Id)))
            states[release.Id] = await RolloutAsync(release.Id, cancellationToken);
        return JsonBody.Ok(new ReleaseList([.. all.OrderByDescending(r => r.FirstSeenAt).Select(r => ReleaseDocument.Of(r, current[r.Track], states.GetValueOrDefault(r.Id)))]));
    }

    /// <summary>A release, and what the gates said of it. The ETag is for If-Match</summary>
    [Function("GetRelease")]
    [Answers<ReleaseDocument>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases/{id}")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await releases.FindAsync(id, cancellationToken) is { Value: var release }
            ? Show(request, ReleaseDocument.Of(release, (await tracks.CurrentAsync(release.Track, cancellationToken))?.Value, await RolloutAsync(id, cancellationToken)))
            : Unknown(id);

    /// <summary>How far each device has come with a release</summary>
    [Function("GetReleaseDevices")]
    [Answers<ReleaseDevices>(200), Answers(404)]
    public async Task<IResult> DevicesAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases/{id}/devices")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(id, cancellationToken) is not { Value: var release })
            return Unknown(id);
        var devices = new List<DeviceProgress>();
        await foreach (var device in progress.ListAsync(release, cancellationToken))
            devices.Add(device);
        return JsonBody.Ok(new ReleaseDevices(devices.CountBy(d => d.State).ToDictionary(), devices));
    }

    /// <summary>What would happen if a release went out now</summary>
    [Function("GetReleaseDryRun")]
    [Answers<DryRun.DryRunAnswer>(200), Answers(404)]
    public async Task<IResult> DryRunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases/{id}/dry-run")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await releases.FindAsync(id, cancellationToken) is { Value: var release } ? JsonBody.Ok(await dryRun.RunAsync(release, cancellationToken)) : Unknown(id);

    private async Task<RolloutState?> RolloutAsync(string release, CancellationToken cancellationToken) => (await rollouts.FindAsync(release, cancellationToken))?.Value.State;

    internal static IResult Show(HttpRequest request, ReleaseDocument release)
    {
        EntityTag.Show(request, release.Version);
        return JsonBody.Ok(release);
    }

    internal static IResult Unknown(string id) => Problem.NotFound($"There is no release '{id}'.");

    /// <param name="Track">Those of one track.</param>
    internal sealed record ReleasesAsked(string? Track = null);

    internal sealed record ReleaseList(IReadOnlyList<ReleaseDocument> Releases);

    /// <param name="Counts">Devices by state.</param>
    /// <param name="Devices">Each device the release is for.</param>
    internal sealed record ReleaseDevices(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<DeviceProgress> Devices);
}
