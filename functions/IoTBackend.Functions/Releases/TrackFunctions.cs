using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class TrackFunctions(TrackRequests tracks)
{
    private const string Track = "api/tracks/{track}";

    [Function("PutTrack")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Track)] HttpRequest request, string track, CancellationToken cancellationToken) =>
        tracks.PutAsync(request, track, cancellationToken);

    [Function("GetTrack")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Track)] HttpRequest request, string track, CancellationToken cancellationToken) =>
        tracks.GetAsync(track, cancellationToken);

    [Function("DeleteTrack")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Track)] HttpRequest request, string track, CancellationToken cancellationToken) =>
        tracks.DeleteAsync(track, cancellationToken);

    [Function("ListTracks")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/tracks")] HttpRequest request, CancellationToken cancellationToken) =>
        tracks.ListAsync(cancellationToken);
}
