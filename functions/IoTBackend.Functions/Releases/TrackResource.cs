using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>What follows a repository. A new or changed track looks at once for what was pushed before.</summary>
internal sealed class TrackResource(ITracks tracks, IRegistries registries, IReleaseWork work, LookAgain again)
{
    private const string Route = "api/tracks/{track}";

    /// <summary>Follow a repository</summary>
    [Function("PutTrack")]
    [Takes<Track>, Answers<Track>(200), Answers<Track>(201), Answers(409)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Route)] HttpRequest request, string track, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Track>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "");
        if (given.Name.Length > 0 && given.Name != track)
            return Problem.BadRequest($"name must be '{track}' as in the address, or left out.");
        var wanted = given with { Name = track };
        if (wanted.Validate().Reason is { } faults)
            return Problem.BadRequest(faults);
        if (await registries.FindAsync(wanted.Registry, cancellationToken) is null)
            return Problem.BadRequest($"registry: '{wanted.Registry}' is not configured; PUT /api/registries/{wanted.Registry} first.");
        var before = await tracks.FindAsync(track, cancellationToken);
        if (before is not null && (before.Registry, before.Repository) != (wanted.Registry, wanted.Repository))
            return Problem.Conflict("A track keeps its repository: its devices run images from there. Delete it, or make another track.");
        await tracks.SaveAsync(wanted, cancellationToken);
        await work.QueueAsync(new OfferWork(track, LookForPushes: true), TimeSpan.Zero, cancellationToken);
        await again.RunAsync(track, cancellationToken);
        return JsonBody.Ok(wanted, before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A track, and the release its devices are to run</summary>
    [Function("GetTrack")]
    [Answers<TrackDocument>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Route)] HttpRequest request, string track, CancellationToken cancellationToken) =>
        await tracks.FindAsync(track, cancellationToken) is { } known
            ? JsonBody.Ok(TrackDocument.Of(known, (await tracks.CurrentAsync(track, cancellationToken))?.Value))
            : Unknown(track);

    /// <summary>Follow no longer; devices go on with what they run</summary>
    [Function("DeleteTrack")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Route)] HttpRequest request, string track, CancellationToken cancellationToken) =>
        await tracks.DeleteAsync(track, cancellationToken) ? Results.NoContent() : Unknown(track);

    /// <summary>All tracks</summary>
    [Function("ListTracks")]
    [Answers<TrackList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/tracks")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new TrackList(await tracks.ListAsync(cancellationToken)));

    private static IResult Unknown(string name) => Problem.NotFound($"There is no track '{name}'.");

    /// <param name="Release">Id of the release its devices are to run; missing = none yet.</param>
    internal sealed record TrackDocument(
        string Name, string Registry, string Repository, Core.Releases.Tags.TagRules Tags, Targets Targets, TrackGates Gates, TrackRollout Rollout, string? Release)
    {
        public static TrackDocument Of(Track t, string? release) => new(t.Name, t.Registry, t.Repository, t.Tags, t.Targets, t.Gates, t.Rollout, release);
    }

    internal sealed record TrackList(IReadOnlyList<Track> Tracks);
}
