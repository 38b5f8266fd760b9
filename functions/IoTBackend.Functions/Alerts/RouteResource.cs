using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Route = IoTBackend.Core.Alerts.Routing.Route;

namespace IoTBackend.Functions.Alerts;

/// <summary>Which alert goes where.</summary>
internal sealed class RouteResource(
    IRouteStore routes, IChannelStore channels, IEscalationStore escalations, IDeviceCatalog devices, AlertAudience audience, TimeProvider time)
{
    private const string Routes = "api/routes";

    /// <summary>Set the tree of routes</summary>
    [Function("PutRoutes")]
    [Takes<Route>, Answers<Route>(200), Answers<Route>(201)]
    public async Task<IResult> PutAsync([HttpTrigger(AuthorizationLevel.Function, "put", Route = Routes)] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Route>(request, cancellationToken);
        if (body.Value is not { } root)
            return Problem.BadRequest(body.Reason ?? "");
        if (root.Check(await ChannelNamesAsync(cancellationToken), [.. (await escalations.ListAsync(cancellationToken)).Select(e => e.Name)]) is { } wrong)
            return Problem.BadRequest(wrong);
        var isNew = await routes.FindAsync(cancellationToken) is null;
        await routes.SaveAsync(root, cancellationToken);
        return JsonBody.Ok(root, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>The tree of routes; without one every channel gets what it wants</summary>
    [Function("GetRoutes")]
    [Answers<Route>(200), Answers(404)]
    public async Task<IResult> GetAsync([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Routes)] HttpRequest request, CancellationToken cancellationToken) =>
        await routes.FindAsync(cancellationToken) is { } root ? JsonBody.Ok(root) : None();

    /// <summary>Remove the tree of routes</summary>
    [Function("DeleteRoutes")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync([HttpTrigger(AuthorizationLevel.Function, "delete", Route = Routes)] HttpRequest request, CancellationToken cancellationToken) =>
        await routes.DeleteAsync(cancellationToken) ? Results.NoContent() : None();

    /// <summary>Who would be told of such an alert, and why; nobody is told</summary>
    [Function("PreviewRoutes")]
    [Takes<Supposed>, Answers<Audience>(200)]
    public async Task<IResult> PreviewAsync([HttpTrigger(AuthorizationLevel.Function, "post", Route = Routes + "/preview")] HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Supposed>(request, cancellationToken);
        if (body.Value is not { } supposed)
            return Problem.BadRequest(body.Reason ?? "");
        var now = supposed.At ?? time.GetUtcNow();
        var device = supposed.DeviceId is { } id ? await devices.FindAsync(id, cancellationToken) : null;
        if (supposed.DeviceId is not null && device is null)
            return Problem.BadRequest($"No device '{supposed.DeviceId}' is registered.");
        var alert = new Alert
        {
            Id = AlertTransition.IdOf(supposed.DeviceId ?? supposed.Group ?? "preview", supposed.Kind, now),
            Kind = supposed.Kind,
            Severity = supposed.Severity,
            WorstSeverity = supposed.Severity,
            DeviceId = supposed.DeviceId,
            Group = supposed.Group,
            Groups = supposed.Group is { } group ? [group] : device?.Groups ?? [],
            Summary = "",
            Evidence = new Dictionary<string, object>(),
            RaisedAt = now,
            SaidAt = now,
            SaidBy = AlertChange.Opened,
        };
        return JsonBody.Ok(await audience.FindAsync(alert, now, cancellationToken));
    }

    private async Task<IReadOnlyCollection<string>> ChannelNamesAsync(CancellationToken cancellationToken) =>
        [.. (await channels.ListAsync(cancellationToken)).Select(c => c.Name)];

    private static IResult None() => Problem.NotFound("There are no routes: every channel gets what it wants.");

    /// <summary>An alert as it might be.</summary>
    internal sealed record Supposed
    {
        public required AlertKind Kind { get; init; }

        public Severity Severity { get; init; } = Severity.Warning;

        [Name]
        public string? DeviceId { get; init; }

        [Name]
        public string? Group { get; init; }

        /// <summary>Null = now.</summary>
        public DateTimeOffset? At { get; init; }
    }
}
