using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Releases;

/// <summary>Operators' questions about releases.</summary>
internal sealed class ReleaseRequests(IReleases releases, ITracks tracks, ReleaseProgress progress)
{
    public async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<ReleasesAsked>(request);
        if (query.Value is not { Track: var track })
            return Problem.BadRequest(query.Reason ?? "");
        if (track is not null && !OciNames.IsTrack(track))
            return Problem.BadRequest("track: not a name of a track.");
        var all = new List<Release>();
        await foreach (var release in releases.ListAsync(track, cancellationToken))
            all.Add(release);
        var current = new Dictionary<string, string?>();
        foreach (var name in all.Select(r => r.Track).Distinct())
            current[name] = (await tracks.CurrentAsync(name, cancellationToken))?.Value;
        return JsonBody.Ok(new { Releases = all.OrderByDescending(r => r.FirstSeenAt).Select(r => Shown(r, current[r.Track])) });
    }

    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken) =>
        await releases.FindAsync(id, cancellationToken) is { Value: var release }
            ? JsonBody.Ok(Shown(release, (await tracks.CurrentAsync(release.Track, cancellationToken))?.Value))
            : Unknown(id);

    public async Task<IResult> DevicesAsync(string id, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(id, cancellationToken) is not { Value: var release })
            return Unknown(id);
        var devices = new List<DeviceProgress>();
        await foreach (var device in progress.ListAsync(release, cancellationToken))
            devices.Add(device);
        return JsonBody.Ok(new { Counts = devices.CountBy(d => d.State).ToDictionary(), Devices = devices });
    }

    private static object Shown(Release r, string? current) => new
    {
        r.Id,
        r.Track,
        State = r.StateWhen(current),
        r.Image,
        r.Digest,
        r.Tag,
        r.Tags,
        r.MediaType,
        r.FirstSeenAt,
        r.ActivatedAt,
        r.OfferedAt,
        r.Platforms,
        r.Unusable,
        r.Contradictions,
        r.SourceGoneAt,
        r.Gates,
    };

    private static IResult Unknown(string id) => Problem.NotFound($"There is no release '{id}'.");
}
