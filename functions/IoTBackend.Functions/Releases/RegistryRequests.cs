using System.Text.Json.Serialization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Releases;

/// <summary>Operators' requests about registries. A webhook key is taken and never given back.</summary>
internal sealed class RegistryRequests(IRegistries registries, ITracks tracks)
{
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    private sealed record Body(RegistryKind Kind, Uri? Endpoint, string? Credential, string? TokenHost, string? WebhookKey);

    public async Task<IResult> PutAsync(HttpRequest request, string host, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<Body>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "The body is empty.");
        var before = await registries.FindAsync(host, cancellationToken);
        var registry = new RegistryConfiguration
        {
            Host = host,
            Kind = given.Kind,
            Credential = given.Credential,
            TokenHost = given.TokenHost,
            Endpoint = given.Endpoint ?? new Uri($"https://{host}"),
            // Left out, the key stays as it is: it cannot be read in order to be sent again.
            WebhookKey = given.WebhookKey ?? before?.WebhookKey,
        };
        if (registry.Validate().Reason is { } faults)
            return Problem.BadRequest(faults);
        await registries.SaveAsync(registry, cancellationToken);
        return JsonBody.Ok(Shown(registry), before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public async Task<IResult> GetAsync(string host, CancellationToken cancellationToken) =>
        await registries.FindAsync(host, cancellationToken) is { } registry ? JsonBody.Ok(Shown(registry)) : Unknown(host);

    public async Task<IResult> DeleteAsync(string host, CancellationToken cancellationToken)
    {
        if ((await tracks.ListAsync(cancellationToken)).FirstOrDefault(t => t.Registry == host) is { } track)
            return Problem.Conflict($"The track '{track.Name}' follows this registry; delete the track first.");
        return await registries.DeleteAsync(host, cancellationToken) ? Results.NoContent() : Unknown(host);
    }

    public async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        JsonBody.Ok(new { Registries = (await registries.ListAsync(cancellationToken)).Select(Shown) });

    private static object Shown(RegistryConfiguration r) => new { r.Host, r.Kind, r.Endpoint, r.Credential, r.TokenHost, HasWebhookKey = r.WebhookKey is not null };

    private static IResult Unknown(string host) => Problem.NotFound($"No registry '{host}' is configured.");
}
