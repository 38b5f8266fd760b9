using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Alerts;

/// <summary>Operators' requests about alerts and given-up deliveries, and their answers.</summary>
internal sealed class AlertRequests(
    IAlertStore alerts, AcknowledgeAlert acknowledge, IDeadDeliveries dead, IDeliveryQueue deliveries, TimeProvider time)
{
    public async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<AlertsAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!Continuation.TryRead("alerts", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await alerts.ListAsync(new(asked.State, asked.DeviceId, asked.Top, after, asked.Kind), cancellationToken);
        return JsonBody.Ok(page with { Continuation = Continuation.Write("alerts", page.Continuation) });
    }

    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken) =>
        await alerts.FindAsync(id, cancellationToken) is { Alert: var alert } ? JsonBody.Ok(alert) : Unknown(id);

    public async Task<IResult> AcknowledgeAsync(string id, CancellationToken cancellationToken) =>
        await acknowledge.RunAsync(id, cancellationToken) is { } alert ? JsonBody.Ok(alert) : Unknown(id);

    public async Task<IResult> ListDeadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<TopAsked>(request);
        return query.Value is { } asked
            ? JsonBody.Ok(new { DeadLetters = (await dead.ListAsync(asked.Top, cancellationToken)).Select(Show) })
            : Problem.BadRequest(query.Reason ?? "");
    }

    public async Task<IResult> ResendAsync(string id, CancellationToken cancellationToken)
    {
        if (!Name.IsValid(id) || await dead.FindAsync(id, cancellationToken) is not { } letter)
            return Problem.NotFound($"No dead letter '{id}'.");
        // Queued before it is removed: a cut in between delivers twice under one id, never not at all.
        await deliveries.EnqueueAsync(letter.Delivery with { Since = time.GetUtcNow(), Attempts = 0 }, TimeSpan.Zero, cancellationToken);
        await dead.RemoveAsync(id, cancellationToken);
        return JsonBody.Ok(Show(letter), StatusCodes.Status202Accepted);
    }

    private static object Show(DeadDelivery letter) => new
    {
        letter.Delivery.Id,
        letter.Delivery.Channel,
        letter.Delivery.Notice.Type,
        AlertId = letter.Delivery.Notice.Alert.Id,
        letter.Delivery.Notice.Alert.Summary,
        letter.Delivery.Since,
        letter.Delivery.Attempts,
        letter.Reason,
        DeadSince = letter.At,
    };

    private static IResult Unknown(string id) => Problem.NotFound($"No alert '{id}'.");
}
