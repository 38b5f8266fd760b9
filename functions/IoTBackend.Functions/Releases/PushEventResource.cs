using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

/// <summary>The webhook. Answers at once (ACR waits 5 s and tries once) and never with a redirect.</summary>
internal sealed class PushEventResource(TakePushEvent events, ReleasesMeter meter, ILogger<PushEventResource> log)
{
    private const string Route = "api/registry/events";

    /// <summary>Tell of a push: what registries send (CNCF Distribution, Harbor, GHCR, Quay, Gitea, zot, Event Grid, CloudEvents)</summary>
    /// <response code="200">The answer to Event Grid's handshake</response>
    /// <response code="202">Noted; nothing may follow from it</response>
    /// <response code="401">The function key, or the registry's webhook key, is missing or wrong</response>
    [Function("ReceivePushEvent")]
    [Asks<PushAsked>, TakesMedia("application/json", "application/x-www-form-urlencoded", "application/cloudevents+json", "application/cloudevents-batch+json")]
    [Answers<Validation>(200), Answers(202), Answers(401), Answers(422)]
    public async Task<IResult> ReceiveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Route)] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        var receipt = await events.RunAsync(new(body, name => request.Headers[name].FirstOrDefault()), request.Query["registry"], cancellationToken);
        meter.EventTaken(receipt);
        if (receipt.Reason is { } reason)
            Log.NotUnderstood(log, reason);
        return receipt.Outcome switch
        {
            PushEventOutcome.Unproven => Problem.Unauthorized("The registry's webhook key is missing or wrong."),
            // The sender's own page is where somebody will look.
            PushEventOutcome.NotUnderstood => Problem.Of(StatusCodes.Status422UnprocessableEntity, receipt.Reason ?? "The event is not understood."),
            PushEventOutcome.Handshake => JsonBody.Ok(new Validation(receipt.ValidationCode)),
            _ => Results.StatusCode(StatusCodes.Status202Accepted),
        };
    }

    /// <summary>Whether this address wants events, as CloudEvents asks it (github.com/cloudevents/spec, http-webhook.md, section 4)</summary>
    /// <response code="200">It does, from the origin that asks</response>
    [Function("HandshakePushEvents")]
    [Asks<PushAsked>, Answers(200)]
    public static IResult Handshake([HttpTrigger(AuthorizationLevel.Function, "options", Route = Route)] HttpRequest request)
    {
        if (request.Headers["WebHook-Request-Origin"].ToString() is not { Length: > 0 and <= 255 } origin)
            return Problem.BadRequest("WebHook-Request-Origin: who asks?");
        request.HttpContext.Response.Headers["WebHook-Allowed-Origin"] = origin;
        request.HttpContext.Response.Headers["WebHook-Allowed-Rate"] = "*";
        return Results.Ok();
    }

    /// <summary>One byte past the limit is enough to know that it is too much.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while (buffer.Length <= PushPayload.MaxBytes && (read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
            buffer.Write(chunk, 0, read);
        return buffer.ToArray();
    }

    /// <param name="Registry">Host of the registry that sends, where its events do not say.</param>
    internal sealed record PushAsked(string? Registry = null);

    /// <param name="ValidationResponse">The code Event Grid sent.</param>
    internal sealed record Validation(string? ValidationResponse);
}
