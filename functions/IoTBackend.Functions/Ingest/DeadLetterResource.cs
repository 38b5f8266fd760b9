using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Ingest;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

/// <summary>Telemetry that was refused.</summary>
internal sealed class DeadLetterResource(IDeadLetterBox letters, ResubmitDeadLetter resubmit)
{
    /// <summary>As many are sent again in one call.</summary>
    private const int MaxResubmitted = 200;

    /// <summary>Refused telemetry, the newest days first</summary>
    /// <response code="200">A page, without the letters' bodies; it may hold fewer than asked for, as 10,000 are looked at for one</response>
    [Function("ListTelemetryDeadLetters")]
    [Asks<DeadLettersAsked>, Answers<DeadLetterPage>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/dead-letters")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<DeadLettersAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!Continuation.TryRead("dead-letters", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await letters.ListAsync(asked.Top, after, asked.Reason, cancellationToken);
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

    /// <summary>Send refused events of a reason again, 200 at a time, after what stood in their way was mended</summary>
    [Function("ResubmitTelemetryDeadLetters")]
    [Takes<OfReason>, Answers<Resubmitted>(202)]
    public async Task<IResult> ResubmitAllAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/dead-letters/resubmit")] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<OfReason>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        if (!Continuation.TryRead("dead-letters", wanted.Continuation, out var after))
            return Problem.BadContinuation();
        var done = await resubmit.RunAsync(wanted.Reason, MaxResubmitted, after, cancellationToken);
        return JsonBody.Ok(done with { Continuation = Continuation.Write("dead-letters", done.Continuation) }, StatusCodes.Status202Accepted);
    }

    private static IResult Unknown(string id) => Problem.NotFound($"No dead letter '{id}'.");

    /// <summary>Which of it an operator asks for.</summary>
    internal sealed record DeadLettersAsked : TopAsked
    {
        /// <summary>Only those in whose reason this stands.</summary>
        [StringLength(1000)]
        public string? Reason { get; init; }

        /// <summary>What the page before said.</summary>
        public string? Continuation { get; init; }
    }

    /// <summary>Which of it is sent again.</summary>
    internal sealed record OfReason
    {
        /// <summary>What stands in their reason.</summary>
        [StringLength(1000, MinimumLength = 1)]
        public required string Reason { get; init; }

        /// <summary>What the call before said.</summary>
        public string? Continuation { get; init; }
    }
}
