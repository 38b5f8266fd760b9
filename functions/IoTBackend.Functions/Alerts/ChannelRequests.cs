using IoTBackend.Core.Alerts;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Alerts;

/// <summary>Operators' requests about channels, and their answers. A secret is shown once, if the backend made it.</summary>
internal sealed class ChannelRequests(IChannelStore channels, IChannelSender sender, TimeProvider time)
{
    public async Task<IResult> PutAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        if (Name.Check("name", name) is { } wrong)
            return Problem.BadRequest(wrong);
        var body = await JsonBody.ReadAsync<ChannelRequest>(request, cancellationToken);
        if (body.Value is not { } wanted)
            return Problem.BadRequest(body.Reason ?? "");
        var known = await channels.FindAsync(name, cancellationToken);
        var result = wanted.ToChannel(name, known);
        if (result.Value is not { } channel)
            return Problem.BadRequest(result.Reason ?? "");
        await channels.SaveAsync(channel, cancellationToken);
        var made = wanted.Secret is null && channel.Secret != known?.Secret ? channel.Secret : null;
        return JsonBody.Ok(Show(channel, made), known is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public async Task<IResult> GetAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } channel ? JsonBody.Ok(Show(channel)) : Unknown(name);

    public async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        JsonBody.Ok(new { Channels = (await channels.ListAsync(cancellationToken)).Select(channel => Show(channel)) });

    public async Task<IResult> DeleteAsync(string name, CancellationToken cancellationToken) =>
        Name.IsValid(name) && await channels.DeleteAsync(name, cancellationToken) ? Results.NoContent() : Unknown(name);

    public async Task<IResult> TestAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is not { } channel)
            return Unknown(name);
        var outcome = await sender.SendAsync(channel, TestNotice.For(channel, time.GetUtcNow()), cancellationToken);
        return outcome.Delivered
            ? JsonBody.Ok(new { outcome.Delivered, outcome.Reason })
            : Problem.Of(StatusCodes.Status502BadGateway, outcome.Reason);
    }

    private async Task<Channel?> FindAsync(string name, CancellationToken cancellationToken) =>
        Name.IsValid(name) ? await channels.FindAsync(name, cancellationToken) : null;

    private static object Show(Channel channel, string? secret = null) => new
    {
        channel.Name,
        channel.Type,
        channel.Url,
        Secret = secret,
        HasSecret = channel.Secret is not null,
        channel.MinSeverity,
        channel.Kinds,
        channel.Groups,
    };

    private static IResult Unknown(string name) => Problem.NotFound($"No channel '{name}'.");
}
