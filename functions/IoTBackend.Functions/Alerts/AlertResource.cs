using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Functions.Http;
using IoTBackend.Functions.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>Alerts, and what operators do with them.</summary>
internal sealed class AlertResource(IAlertStore alerts, ReadAlert read, AcknowledgeAlert acknowledge, TendAlert tend)
{
    private const string Alert = "api/alerts/{id}";

    /// <summary>Alerts, the newest first</summary>
    /// <response code="200">A page; it may hold fewer than asked for, as 2,000 are looked at for one</response>
    [Function("ListAlerts")]
    [Asks<AlertsAsked>, Answers<AlertPage>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/alerts")] HttpRequest request, CancellationToken cancellationToken)
    {
        var query = Query.Read<AlertsAsked>(request);
        if (query.Value is not { } asked)
            return Problem.BadRequest(query.Reason ?? "");
        if (!Continuation.TryRead("alerts", asked.Continuation, out var after))
            return Problem.BadContinuation();
        var page = await alerts.ListAsync(new(asked.State, asked.DeviceId, asked.Top, after, asked.Kind, asked.Group, asked.Since), cancellationToken);
        return JsonBody.Ok(page with { Continuation = Continuation.Write("alerts", page.Continuation) });
    }

    /// <summary>An alert with its history: its steps, who was told with what answer, and what people wrote</summary>
    [Function("GetAlert")]
    [Answers<AlertDetails>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Alert)] HttpRequest request, string id, CancellationToken cancellationToken) =>
        await read.RunAsync(id, cancellationToken) is { } alert ? JsonBody.Ok(alert) : Unknown(id);

    /// <summary>Say that somebody has seen an alert; stops its escalation</summary>
    [Function("AcknowledgeAlert")]
    [Takes<Seen>, Answers<Alert>(200), Answers(404)]
    public async Task<IResult> AcknowledgeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Alert + "/acknowledge")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        // The body may be left out: nobody need say who they are.
        var hasBody = request.ContentLength != 0 && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false;
        var body = hasBody ? await JsonBody.ReadAsync<Seen>(request, cancellationToken) : new Seen();
        if (body.Value is not { } seen)
            return Problem.BadRequest(body.Reason ?? "");
        return await acknowledge.RunAsync(id, Principal.NameOf(request, seen.By), cancellationToken) is { } alert ? JsonBody.Ok(alert) : Unknown(id);
    }

    /// <summary>Say who looks after an alert</summary>
    [Function("AssignAlert")]
    [Takes<Assignment>, Answers<Alert>(200), Answers(404)]
    public async Task<IResult> AssignAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Alert + "/assign")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Assignment>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        return await tend.AssignAsync(id, wanted.Assignee, Principal.NameOf(request, wanted.By), cancellationToken) is { } alert ? JsonBody.Ok(alert) : Unknown(id);
    }

    /// <summary>Write to an alert's history</summary>
    [Function("CommentAlert")]
    [Takes<Remark>, Answers<AlertDetails>(201), Answers(404)]
    public async Task<IResult> CommentAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Alert + "/comments")] HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Remark>(request, cancellationToken);
        if (body.Value is not { } remark)
            return Problem.BadRequest(body.Reason ?? "");
        return await tend.CommentAsync(id, Principal.NameOf(request, remark.By), remark.Text, cancellationToken) && await read.RunAsync(id, cancellationToken) is { } alert
            ? JsonBody.Ok(alert, StatusCodes.Status201Created)
            : Unknown(id);
    }

    private static IResult Unknown(string id) => Problem.NotFound($"No alert '{id}'.");

    /// <summary>Who has seen it.</summary>
    internal sealed record Seen
    {
        [StringLength(200)]
        public string? By { get; init; }
    }

    internal sealed record Assignment
    {
        /// <summary>Null = nobody any more.</summary>
        [StringLength(200)]
        public string? Assignee { get; init; }

        /// <summary>Who says so.</summary>
        [StringLength(200)]
        public string? By { get; init; }
    }

    internal sealed record Remark
    {
        [StringLength(1000, MinimumLength = 1)]
        public required string Text { get; init; }

        [StringLength(200)]
        public string? By { get; init; }
    }
}
