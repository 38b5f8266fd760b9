using IoTBackend.Core.Releases;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Releases;

/// <summary>Operators' requests about tracks. A new or changed track looks at once for what was pushed before.</summary>
internal sealed class TrackRequests(ITracks tracks, IRegistries registries, IReleaseWork work)
{
    public async Task<IResult> PutAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Track>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "The body is empty.");
        var track = given with { Name = name };
        if (track.Validate().Reason is { } faults)
            return Problem.BadRequest(faults);
        if (await registries.FindAsync(track.Registry, cancellationToken) is null)
            return Problem.BadRequest($"registry: '{track.Registry}' is not configured; PUT /api/registries/{track.Registry} first.");
        var before = await tracks.FindAsync(name, cancellationToken);
        if (before is not null && (before.Registry, before.Repository) != (track.Registry, track.Repository))
            return Problem.Conflict("A track keeps its repository: its devices run images from there. Delete it, or make another track.");
        await tracks.SaveAsync(track, cancellationToken);
        await work.QueueAsync(new OfferWork(name, LookForPushes: true), TimeSpan.Zero, cancellationToken);
        return JsonBody.Ok(track, before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public async Task<IResult> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (await tracks.FindAsync(name, cancellationToken) is not { } track)
            return Unknown(name);
        return JsonBody.Ok(new
        {
            track.Name,
            track.Registry,
            track.Repository,
            track.Tags,
            track.Targets,
            track.Gates,
            track.Rollout,
            Release = (await tracks.CurrentAsync(name, cancellationToken))?.Value,
        });
    }

    public async Task<IResult> DeleteAsync(string name, CancellationToken cancellationToken) =>
        await tracks.DeleteAsync(name, cancellationToken) ? Results.NoContent() : Unknown(name);

    public async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        JsonBody.Ok(new { Tracks = await tracks.ListAsync(cancellationToken) });

    private static IResult Unknown(string name) => Problem.NotFound($"There is no track '{name}'.");
}
