using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

/// <summary>Telemetry that was refused.</summary>
internal sealed class DeadLetterResource(IDeadLetterBox letters, ResubmitDeadLetter resubmit)
{
    /// <summary>Refused telemetry, the newest days first</summary>
    /// <response code="200">A page, without the letters' bodies</response>
    [Function("ListTelemetryDeadLetters")]
    [Asks<PageAsked>, Answers<DeadLetterPage>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/dead-letters")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<PageAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!Continuation.TryRead("dead-letters", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await letters.ListAsync(asked.Top, after, cancellationToken);
        return JsonBody.Ok(page with { Continuation = Continuation.Write("dead-letters", page.Continuation) });
    }

    /// <summary>A refused event with its bytes</summary>
    [Function("GetTelemetryDeadLetter")]
    [Answers<StoredLetter>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/dead-letters/{id}")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await letters.FindAsync(id, cancellationToken) is { } letter ? JsonBody.Ok(letter) : Unknown(id);

    /// <summary>Send a refused event again, after what stood in its way was mended</summary>
    /// <response code="409">It would be refused, or counted, again</response>
    [Function("ResubmitTelemetryDeadLetter")]
    [Answers<StoredLetter>(202), Answers(404), Answers(409)]
    public async Task<IResult> ResubmitAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/dead-letters/{id}/resubmit")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await resubmit.RunAsync(id, cancellationToken) switch
        {
            { Reason: { } reason } => Problem.Conflict(reason),
            { Value: { } letter } => JsonBody.Ok(letter, StatusCodes.Status202Accepted),
            _ => Unknown(id),
        };

    private static IResult Unknown(string id) => Problem.NotFound($"No dead letter '{id}'.");
}
