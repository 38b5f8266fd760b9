using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>Who is told next while nobody acknowledges.</summary>
internal sealed class EscalationResource(IEscalationStore escalations, IChannelStore channels)
{
    private const string Chain = "api/escalations/{name}";

    /// <summary>Make or change a chain</summary>
    [Function("PutEscalation")]
    [Takes<Escalation>, Answers<Escalation>(200), Answers<Escalation>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Chain)] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Escalation>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        if (wanted.Name.Length > 0 && wanted.Name != name)
            return Problem.BadRequest($"name must be '{name}' as in the address, or left out.");
        var chain = wanted with { Name = name };
        if (chain.Check([.. (await channels.ListAsync(cancellationToken)).Select(c => c.Name)]) is { } wrong)
            return Problem.BadRequest(wrong);
        var isNew = await escalations.FindAsync(name, cancellationToken) is null;
        await escalations.SaveAsync(chain, cancellationToken);
        return JsonBody.Ok(chain, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A chain</summary>
    [Function("GetEscalation")]
    [Answers<Escalation>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Chain)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        await escalations.FindAsync(name, cancellationToken) is { } chain ? JsonBody.Ok(chain) : Unknown(name);

    /// <summary>All chains</summary>
    [Function("ListEscalations")]
    [Answers<EscalationList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/escalations")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new EscalationList(await escalations.ListAsync(cancellationToken)));

    /// <summary>Forget a chain; alerts that climb it stop there</summary>
    [Function("DeleteEscalation")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Chain)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        await escalations.DeleteAsync(name, cancellationToken) ? Results.NoContent() : Unknown(name);

    private static IResult Unknown(string name) => Problem.NotFound($"No escalation '{name}'.");

    internal sealed record EscalationList(IReadOnlyList<Escalation> Escalations);
}
