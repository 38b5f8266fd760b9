using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Devices;

/// <summary>Operators' requests about device types, and their answers.</summary>
internal sealed class ModelRequests(IModelStore models)
{
    public async Task<IResult> PutAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        if (DeviceId.Check("model", name) is { } wrongName)
            return Problem.BadRequest(wrongName);
        var body = await JsonBody.ReadAsync<ModelRequest>(request, cancellationToken);
        if ((body.Reason ?? body.Value?.Check()) is { } wrong)
            return Problem.BadRequest(wrong);
        var isNew = await models.FindAsync(name, cancellationToken) is null;
        var model = body.Value!.ToModel(name);
        await models.SaveAsync(model, cancellationToken);
        return JsonBody.Ok(model, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public async Task<IResult> GetAsync(string name, CancellationToken cancellationToken) =>
        DeviceId.IsValid(name) && await models.FindAsync(name, cancellationToken) is { } model ? JsonBody.Ok(model) : Unknown(name);

    public async Task<IResult> DeleteAsync(string name, CancellationToken cancellationToken) =>
        DeviceId.IsValid(name) && await models.DeleteAsync(name, cancellationToken) ? Results.NoContent() : Unknown(name);

    public async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        JsonBody.Ok(new { Models = await models.ListAsync(cancellationToken) });

    private static IResult Unknown(string name) => Problem.NotFound($"No model '{name}' is known.");
}
