using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>Where alerts go. A secret is shown once, if the backend made it.</summary>
internal sealed class ChannelResource(IChannelStore channels, IRouteStore routes, ILaneStore lanes, ChannelSender sender, IAlertLinks links, TimeProvider time)
{
    private const string Channel = "api/channels/{name}";

    /// <summary>Make or change a channel; a secret that is left out stays what it was</summary>
    [Function("PutChannel")]
    [Takes<Channel>, Answers<Channel>(200), Answers<Channel>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Channel>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        if (wanted.Name.Length > 0 && wanted.Name != name)
            return Problem.BadRequest($"name must be '{name}' as in the address, or left out.");
        var known = await channels.FindAsync(name, cancellationToken);
        var result = ChannelRequest.ToChannel(name, wanted, known, time.GetUtcNow());
        if (result.Value is not { } channel)
            return Problem.BadRequest(result.Reason ?? "");
        await channels.SaveAsync(channel, cancellationToken);
        var made = wanted.Secret is null && channel.Secret != known?.Secret ? channel.Secret : null;
        return Show(channel, made, null, known is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A channel, and how it is getting on</summary>
    [Function("GetChannel")]
    [Answers<Channel>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        await channels.FindAsync(name, cancellationToken) is { } channel
            ? Show(channel, null, (await lanes.ReadAsync(name, cancellationToken)).Lane)
            : Unknown(name);

    /// <summary>All channels</summary>
    [Function("ListChannels")]
    [Answers<ChannelList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/channels")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new
        {
            Channels = (await channels.ListAsync(cancellationToken)).Select(channel => View(channel, null, null)),
            HasRoutes = await routes.FindAsync(cancellationToken) is not null,
        });

    /// <summary>Forget a channel and what waits for it</summary>
    [Function("DeleteChannel")]
    [Answers(204), Answers(404)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        if (!await channels.DeleteAsync(name, cancellationToken))
            return Unknown(name);
        await lanes.ForgetAsync(name, cancellationToken);
        return Results.NoContent();
    }

    /// <summary>Send a test message, and say what the receiver answered</summary>
    [Function("TestChannel")]
    [Answers<Tested>(200), Answers(404), Answers(502)]
    public async Task<IResult> TestAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Channel + "/test")] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        if (await channels.FindAsync(name, cancellationToken) is not { } channel)
            return Unknown(name);
        var outcome = await sender.SendAsync(channel, TestMessage.For(channel, links, time.GetUtcNow()), cancellationToken);
        return outcome.Delivered
            ? JsonBody.Ok(new Tested(outcome.Delivered, outcome.Reason))
            : Problem.Of(StatusCodes.Status502BadGateway,
                $"Channel '{name}' was not told: {outcome.Reason.TrimEnd('.')}. Check its address and its secret, and that the backend can reach the receiver.");
    }

    private static IResult Show(Channel channel, string? made, Lane? lane, int status = StatusCodes.Status200OK) => JsonBody.Ok(View(channel, made, lane), status);

    /// <summary>What is stored, without its secrets.</summary>
    private static JsonObject View(Channel channel, string? made, Lane? lane)
    {
        var shown = channel is WebhookChannel webhook ? webhook with { PreviousSecret = null } : channel;
        var view = JsonSerializer.SerializeToNode(shown with { Secret = made }, WireJson.Options)!.AsObject();
        view["hasSecret"] = channel.Secret is not null;
        if (lane is not null)
            view["delivery"] = JsonSerializer.SerializeToNode(new Health(lane.Failures, lane.Failures > 0 ? lane.RestsUntil : null, lane.LastAttemptAt, lane.LastAnswer), WireJson.Options);
        return view;
    }

    private static IResult Unknown(string name) => Problem.NotFound($"No channel '{name}'.");

    /// <param name="HasRoutes">Routes say which alert goes where; false = each channel gets what it wants.</param>
    internal sealed record ChannelList(IReadOnlyList<Channel> Channels, bool HasRoutes);

    /// <param name="Delivered">The receiver took it.</param>
    /// <param name="Reason">What it answered.</param>
    internal sealed record Tested(bool Delivered, string Reason);

    /// <param name="Failures">Attempts that failed in a row.</param>
    /// <param name="RestsUntil">When it is tried again; null = it does not rest.</param>
    /// <param name="LastAttemptAt">Null = none was made yet.</param>
    /// <param name="LastAnswer">What the receiver said then.</param>
    internal sealed record Health(int Failures, DateTimeOffset? RestsUntil, DateTimeOffset? LastAttemptAt, string? LastAnswer);
}
