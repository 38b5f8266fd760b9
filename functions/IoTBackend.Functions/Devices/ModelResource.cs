using IoTBackend.Core.Devices;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Devices;

/// <summary>Device types and what is known of them.</summary>
internal sealed class ModelResource(IModelStore models)
{
    private const string Model = "api/fleet/models/{model}";

    /// <summary>Say what is known of a device type</summary>
    [Function("PutModel")]
    [Takes<DeviceModel>, Answers<DeviceModel>(200), Answers<DeviceModel>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<DeviceModel>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        if (wanted.Name.Length > 0 && wanted.Name != model)
            return Problem.BadRequest($"name must be '{model}' as in the address, or left out.");
        var isNew = await models.FindAsync(model, cancellationToken) is null;
        var known = wanted with { Name = model };
        await models.SaveAsync(known, cancellationToken);
        return JsonBody.Ok(known, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A device type</summary>
    [Function("GetModel")]
    [Answers<DeviceModel>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken) =>
        await models.FindAsync(model, cancellationToken) is { } known ? JsonBody.Ok(known) : Unknown(model);

    /// <summary>Forget a device type</summary>
    [Function("DeleteModel")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Model)] HttpRequest request, string model, CancellationToken cancellationToken) =>
        await models.DeleteAsync(model, cancellationToken) ? Results.NoContent() : Unknown(model);

    /// <summary>All device types</summary>
    [Function("ListModels")]
    [Answers<ModelList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/fleet/models")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new ModelList(await models.ListAsync(cancellationToken)));

    private static IResult Unknown(string name) => Problem.NotFound($"No model '{name}' is known.");

    internal sealed record ModelList(IReadOnlyList<DeviceModel> Models);
}
