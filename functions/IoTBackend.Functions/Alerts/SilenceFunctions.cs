using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

internal sealed class SilenceFunctions(SilenceRequests silences)
{
    private const string Silence = "api/alerts/silences/{name}";

    [Function("PutSilence")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        silences.PutAsync(request, name, cancellationToken);

    [Function("GetSilence")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        silences.GetAsync(name, cancellationToken);

    [Function("DeleteSilence")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Silence)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        silences.DeleteAsync(name, cancellationToken);

    [Function("ListSilences")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/silences")] HttpRequest request, CancellationToken cancellationToken) =>
        silences.ListAsync(cancellationToken);
}
