using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

internal sealed class ModelFunctions(ModelRequests models)
{
    private const string Model = "api/fleet/models/{model}";

    [Function("PutModel")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken) =>
        models.PutAsync(request, model, cancellationToken);

    [Function("GetModel")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken) =>
        models.GetAsync(model, cancellationToken);

    [Function("DeleteModel")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken) =>
        models.DeleteAsync(model, cancellationToken);

    [Function("ListModels")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/fleet/models")] HttpRequest request, CancellationToken cancellationToken) =>
        models.ListAsync(cancellationToken);
}
