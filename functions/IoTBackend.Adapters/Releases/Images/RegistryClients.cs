using System.Collections.Concurrent;
using Azure.Containers.ContainerRegistry;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Core.Releases.Images;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// One client per repository. ACR is read with the managed identity, or with a token's name and password from the setting
/// <c>Releases__Credentials__{name}</c> (<c>user:password</c>); every other registry with such a setting or anonymously.
/// </summary>
public sealed class RegistryClients(TokenCredential identity, IConfiguration configuration, TimeProvider time)
{
    /// <summary>The one audience every ACR accepts; ARM's, which the named audiences stand for, may be switched off.</summary>
    private static readonly ContainerRegistryAudience Audience = new("https://containerregistry.azure.net");

    private readonly ConcurrentDictionary<(RegistryConfiguration, string), ContainerRegistryContentClient> _clients = [];

    public ContainerRegistryContentClient For(ImageSource source) =>
        _clients.GetOrAdd((source.Registry, source.Repository), _ => Create(source));

    private ContainerRegistryContentClient Create(ImageSource source)
    {
        var options = new ContainerRegistryClientOptions { Audience = Audience };
        options.Retry.MaxRetries = 2;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(30);
        var registry = source.Registry;
        if (registry is { Kind: RegistryKind.Acr, Credential: null })
            return new(registry.Endpoint, source.Repository, identity, options);
        // Inside the client's own policy, so that it answers the registry's challenge before that one sees it.
        options.AddPolicy(new RegistryLogin(registry.Endpoint, LoginOf(registry), time), HttpPipelinePosition.PerRetry);
        return new(registry.Endpoint, source.Repository, options);
    }

    private string? LoginOf(RegistryConfiguration registry) => registry.Credential is not { } name ? null
        : configuration[$"Releases:Credentials:{name}"] is { Length: > 2 } login && login.Contains(':', StringComparison.Ordinal) ? login
        : throw new InvalidOperationException($"Set Releases__Credentials__{name} to user:password for the registry {registry.Host}.");
}
