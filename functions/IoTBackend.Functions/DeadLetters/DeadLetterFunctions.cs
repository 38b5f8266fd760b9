using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.DeadLetters;

internal sealed class DeadLetterFunctions(DeadLetterRequests letters)
{
    [Function("ListTelemetryDeadLetters"), Asks<PageAsked>]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/dead-letters")] HttpRequest request, CancellationToken cancellationToken) =>
        letters.ListAsync(request, cancellationToken);

    [Function("GetTelemetryDeadLetter")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/dead-letters/{id}")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        letters.GetAsync(id, cancellationToken);

    [Function("ResubmitTelemetryDeadLetter")]
    public Task<IResult> ResubmitAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/dead-letters/{id}/resubmit")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        letters.ResubmitAsync(id, cancellationToken);
}
