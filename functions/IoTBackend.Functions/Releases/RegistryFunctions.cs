using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class RegistryFunctions(RegistryRequests registries)
{
    private const string Host = "api/registries/{host}";

    [Function("PutRegistry")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken) =>
        registries.PutAsync(request, host, cancellationToken);

    [Function("GetRegistry")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken) =>
        registries.GetAsync(host, cancellationToken);

    [Function("DeleteRegistry")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken) =>
        registries.DeleteAsync(host, cancellationToken);

    [Function("ListRegistries")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/registries")] HttpRequest request, CancellationToken cancellationToken) =>
        registries.ListAsync(cancellationToken);
}
