using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

/// <summary>The webhook. Answers at once (ACR waits 5 s and tries once) and never with a redirect.</summary>
internal sealed class PushEventRequests(TakePushEvent events, ReleasesMeter meter, ILogger<PushEventRequests> log)
{
    public async Task<IResult> HandleAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsOptions(request.Method))
            return Handshake(request);
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
            PushEventOutcome.Handshake => JsonBody.Ok(new { ValidationResponse = receipt.ValidationCode }),
            _ => Results.StatusCode(StatusCodes.Status202Accepted),
        };
    }

    // CloudEvents' way to ask whether this address wants events (github.com/cloudevents/spec, http-webhook.md, section 4).
    private static IResult Handshake(HttpRequest request)
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
}
