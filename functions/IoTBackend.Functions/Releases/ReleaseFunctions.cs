using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class ReleaseFunctions(ReleaseRequests releases)
{
    [Function("ListReleases"), Asks<ReleasesAsked>]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases")] HttpRequest request, CancellationToken cancellationToken) =>
        releases.ListAsync(request, cancellationToken);

    [Function("GetRelease")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases/{id}")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        releases.GetAsync(id, cancellationToken);

    [Function("GetReleaseDevices")]
    public Task<IResult> DevicesAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/releases/{id}/devices")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        releases.DevicesAsync(id, cancellationToken);
}
