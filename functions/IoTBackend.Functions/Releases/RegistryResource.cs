using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

/// <summary>Registries that may send events and that tracks may follow. A webhook key is taken and never given back.</summary>
internal sealed class RegistryResource(IRegistries registries, ITracks tracks)
{
    private const string Registry = "api/registries/{host}";

    /// <summary>Configure a registry</summary>
    [Function("PutRegistry")]
    [Takes<RegistryRequest>, Answers<RegistryDocument>(200), Answers<RegistryDocument>(201)]
    public async Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Registry)] HttpRequest request, string host, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<RegistryRequest>(request, cancellationToken);
        if (body.Value is not { } given)
            return Problem.BadRequest(body.Reason ?? "");
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
        return JsonBody.Ok(RegistryDocument.Of(registry), before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary>A registry, without its webhook key</summary>
    [Function("GetRegistry")]
    [Answers<RegistryDocument>(200), Answers(404)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Registry)] HttpRequest request, string host, CancellationToken cancellationToken) =>
        await registries.FindAsync(host, cancellationToken) is { } registry ? JsonBody.Ok(RegistryDocument.Of(registry)) : Unknown(host);

    /// <summary>Remove a registry</summary>
    /// <response code="409">A track follows it</response>
    [Function("DeleteRegistry")]
    [Answers(204), Answers(404), Answers(409)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Registry)] HttpRequest request, string host, CancellationToken cancellationToken)
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
        JsonBody.Ok(new RegistryList([.. (await registries.ListAsync(cancellationToken)).Select(RegistryDocument.Of)]));

    private static IResult Unknown(string host) => Problem.NotFound($"No registry '{host}' is configured.");

    internal sealed record RegistryRequest
    {
        public RegistryKind Kind { get; init; }

        /// <summary>Where the backend reads it; left out = https and the host.</summary>
        public Uri? Endpoint { get; init; }

        /// <summary>Name of the app setting with user and password, not the secret.</summary>
        public string? Credential { get; init; }

        /// <summary>Where its tokens are had, if that is another host than its own.</summary>
        public string? TokenHost { get; init; }

        /// <summary>What its events carry to prove themselves, 16 to 512 characters; left out, it stays as it is.</summary>
        [MaxLength(512)]
        public string? WebhookKey { get; init; }
    }

    internal sealed record RegistryDocument(string Host, RegistryKind Kind, Uri Endpoint, string? Credential, string? TokenHost, bool HasWebhookKey)
    {
        public static RegistryDocument Of(RegistryConfiguration r) => new(r.Host, r.Kind, r.Endpoint, r.Credential, r.TokenHost, r.WebhookKey is not null);
    }

    internal sealed record RegistryList(IReadOnlyList<RegistryDocument> Registries);
}
