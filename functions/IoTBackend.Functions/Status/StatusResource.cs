using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Status;

/// <summary>Whether the backend is up, and how it gets on.</summary>
internal sealed class StatusResource(BackendStatus status)
{
    private static readonly Health Up = new("up");

    /// <summary>Up or not, and nothing else</summary>
    [Function("GetHealth")]
    [Answers<Health>(200)]
    public static IResult GetHealth([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health")] HttpRequest request) => JsonBody.Ok(Up);

    /// <summary>What waits: lag per partition, lengths of queues, dead letters</summary>
    [Function("GetStatus")]
    [Answers<StatusReport>(200)]
    public async Task<IResult> GetStatusAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/status")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(await status.ReadAsync(cancellationToken));
}

/// <param name="Status">Always <c>up</c>.</param>
internal sealed record Health(string Status);
