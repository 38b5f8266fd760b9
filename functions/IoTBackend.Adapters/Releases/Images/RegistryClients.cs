using System.Collections.Concurrent;
using Azure.Containers.ContainerRegistry;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Images;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// One client per repository, and one set of tokens per registry. ACR is read with the managed identity, or with a token's name and
/// password from the setting <c>Releases__Credentials__{name}</c> (<c>user:password</c>); every other registry with such a setting or anonymously.
/// </summary>
public sealed class RegistryClients : IDisposable
{
    /// <summary>The one audience every ACR accepts; ARM's, which the named audiences stand for, may be switched off.</summary>
    private static readonly ContainerRegistryAudience Audience = new("https://containerregistry.azure.net");

    private readonly ConcurrentDictionary<(RegistryConfiguration, string), ContainerRegistryContentClient> _clients = [];
    private readonly ConcurrentDictionary<RegistryConfiguration, RegistryTokens> _tokens = [];
    private readonly TokenCredential _identity;
    private readonly IConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public RegistryClients(TokenCredential identity, IConfiguration configuration, RegistryOptions options, TimeProvider time)
    {
        (_identity, _configuration, _time) = (identity, configuration, time);
        var handler = GuardedConnection.Handler(options.AllowPrivateRegistries, RegistryOptions.PrivateSetting, TimeSpan.FromSeconds(10));
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <exception cref="RegistryRefusedException">The credential it names is not set.</exception>
    public ContainerRegistryContentClient For(ImageSource source) =>
        _clients.GetOrAdd((source.Registry, source.Repository), _ => Create(source));

    public void Dispose() => _http.Dispose();

    private ContainerRegistryContentClient Create(ImageSource source)
    {
        var options = new ContainerRegistryClientOptions
        {
            Audience = Audience,
            Transport = new HttpClientTransport(_http),
            RetryPolicy = new RegistryRetries(),
        };
        options.Retry.NetworkTimeout = IRegistryReader.Patience;
        options.AddPolicy(new BoundedAnswers(), HttpPipelinePosition.BeforeTransport);
        var registry = source.Registry;
        if (registry is { Kind: RegistryKind.Acr, Credential: null })
            return new(registry.Endpoint, source.Repository, _identity, options);
        // Inside the client's own policy, so that it answers the registry's challenge before that one sees it.
        var tokens = _tokens.GetOrAdd(registry, r => new(r.Endpoint, LoginOf(r), r.TokenHost, r.Host, _time));
        options.AddPolicy(new RegistryLogin(tokens, source.Repository), HttpPipelinePosition.PerRetry);
        return new(registry.Endpoint, source.Repository, options);
    }

    private string? LoginOf(RegistryConfiguration registry) => registry.Credential is not { } name ? null
        : _configuration[$"Releases:Credentials:{name}"] is { Length: > 2 } login && login.Contains(':', StringComparison.Ordinal) ? login
        : throw new RegistryRefusedException($"Set Releases__Credentials__{name} to user:password for the registry {registry.Host}.");
}
