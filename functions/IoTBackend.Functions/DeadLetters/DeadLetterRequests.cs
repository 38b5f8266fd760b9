using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.DeadLetters;

/// <summary>Operators' requests about telemetry that was refused.</summary>
internal sealed class DeadLetterRequests(IDeadLetterBox letters, ResubmitDeadLetter resubmit)
{
    public async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<PageAsked>(request);
        return query.Value is { } asked
            ? JsonBody.Ok(await letters.ListAsync(asked.Top, asked.Continuation, cancellationToken))
            : Problem.BadRequest(query.Reason ?? "");
    }

    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken) =>
        await letters.FindAsync(id, cancellationToken) is { } letter ? JsonBody.Ok(letter) : Unknown(id);

    public async Task<IResult> ResubmitAsync(string id, CancellationToken cancellationToken)
    {
        var result = await resubmit.RunAsync(id, cancellationToken);
        return result switch
        {
            { Reason: { } reason } => Problem.Conflict(reason),
            { Value: { } letter } => JsonBody.Ok(letter, StatusCodes.Status202Accepted),
            _ => Unknown(id),
        };
    }

    private static IResult Unknown(string id) => Problem.NotFound($"No dead letter '{id}'.");
}
