using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

internal sealed class AlertFunctions(AlertRequests alerts)
{
    [Function("ListAlerts"), Asks<AlertsAsked>]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts")] HttpRequest request, CancellationToken cancellationToken) =>
        alerts.ListAsync(request, cancellationToken);

    [Function("GetAlert")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/{id}")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        alerts.GetAsync(id, cancellationToken);

    [Function("AcknowledgeAlert")]
    public Task<IResult> AcknowledgeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/alerts/{id}/acknowledge")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        alerts.AcknowledgeAsync(id, cancellationToken);

    [Function("ListDeadLetters"), Asks<TopAsked>]
    public Task<IResult> ListDeadAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts/dead-letters")] HttpRequest request, CancellationToken cancellationToken) =>
        alerts.ListDeadAsync(request, cancellationToken);

    [Function("ResendDeadLetter")]
    public Task<IResult> ResendAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/alerts/dead-letters/{id}/resend")] HttpRequest request, string id, CancellationToken cancellationToken) =>
        alerts.ResendAsync(id, cancellationToken);
}
