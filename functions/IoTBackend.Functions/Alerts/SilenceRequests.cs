using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Alerts;

/// <summary>Operators' requests about silences, and their answers.</summary>
internal sealed class SilenceRequests(ISilenceStore silences, TimeProvider time)
{
    public async Task<IResult> PutAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<SilenceRequest>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        var result = wanted.ToSilence(name, time.GetUtcNow());
        if (result.Value is not { } silence)
            return Problem.BadRequest(result.Reason ?? "");
        var isNew = await silences.FindAsync(name, cancellationToken) is null;
        await silences.SaveAsync(silence, cancellationToken);
        return JsonBody.Ok(silence, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public async Task<IResult> GetAsync(string name, CancellationToken cancellationToken) =>
        Name.IsValid(name) && await silences.FindAsync(name, cancellationToken) is { } silence ? JsonBody.Ok(silence) : Unknown(name);

    public async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        JsonBody.Ok(new { Silences = await silences.ListAsync(cancellationToken) });

    public async Task<IResult> DeleteAsync(string name, CancellationToken cancellationToken) =>
        Name.IsValid(name) && await silences.DeleteAsync(name, cancellationToken) ? Results.NoContent() : Unknown(name);

    private static IResult Unknown(string name) => Problem.NotFound($"No silence '{name}'.");
}
