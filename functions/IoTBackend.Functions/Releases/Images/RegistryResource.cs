using System.Text.Json.Serialization;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases.Images;

/// <summary>Registries that may send events and that tracks may follow. A webhook key is taken and never given back.</summary>
internal sealed class RegistryResource(IRegistries registries, ITracks tracks)
{
    private const string Host = "api/registries/{host}";

    /// <summary>Say how a registry is read, and what its events have to prove</summary>
    [Function("PutRegistry")]
    [Takes<RegistryGiven>, Answers<KnownRegistry>(200), Answers<KnownRegistry>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<RegistryGiven>(request, cancellationToken);
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
        return JsonBody.Ok(Show(registry), before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A registry</summary>
    [Function("GetRegistry")]
    [Answers<KnownRegistry>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken) =>
        await registries.FindAsync(host, cancellationToken) is { } registry ? JsonBody.Ok(Show(registry)) : Unknown(host);

    /// <summary>Forget a registry that no track follows</summary>
    [Function("DeleteRegistry")]
    [Answers(204), Answers(404), Answers(409)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Host)] HttpRequest request, string host, CancellationToken cancellationToken)
    {
        if ((await tracks.ListAsync(cancellationToken)).FirstOrDefault(t => t.Registry == host) is { } track)
            return Problem.Conflict($"The track '{track.Name}' follows this registry; delete the track first.");
        return await registries.DeleteAsync(host, cancellationToken) ? Results.NoContent() : Unknown(host);
    }

    /// <summary>All registries</summary>
    [Function("ListRegistries")]
    [Answers<RegistryList>(200)]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/registries")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(new RegistryList([.. (await registries.ListAsync(cancellationToken)).Select(Show)]));

    private static KnownRegistry Show(RegistryConfiguration r) => new(r.Host, r.Kind, r.Endpoint, r.Credential, r.TokenHost, r.WebhookKey is not null);

    private static IResult Unknown(string host) => Problem.NotFound($"No registry '{host}' is configured.");

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record RegistryGiven(RegistryKind Kind, Uri? Endpoint, string? Credential, string? TokenHost, string? WebhookKey);

    internal sealed record KnownRegistry(string Host, RegistryKind Kind, Uri Endpoint, string? Credential, string? TokenHost, bool HasWebhookKey);

    internal sealed record RegistryList(IReadOnlyList<KnownRegistry> Registries);
}
