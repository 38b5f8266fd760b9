using System.Collections.Concurrent;
using System.Text;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// A registry's credential and what was got for it: one token for each repository, whatever the registry calls its scope, so that it takes no
/// more memory than tracks follow repositories. The credential goes to the registry, and to the place it names for tokens only where that is its
/// own host or one an operator named.
/// </summary>
/// <param name="endpoint">Where the registry is read.</param>
/// <param name="tokenHost">The host beside its own that may be given the credential.</param>
/// <param name="name">The host in the names of its images.</param>
internal sealed class RegistryTokens(Uri endpoint, string? userAndPassword, string? tokenHost, string name, TimeProvider time)
{
    /// <summary>Not used in its last 10 seconds: it has to live as long as the request it is for.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (string Header, DateTimeOffset Until)> _tokens = [];

    /// <summary>The header with which the credential itself is sent; null = there is none.</summary>
    public string? Basic { get; } = userAndPassword is null ? null : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword))}";

    public int Count => _tokens.Count;

    public bool IsRegistry(Uri uri) => uri.Scheme == endpoint.Scheme && uri.Host == endpoint.Host && uri.Port == endpoint.Port;

    public string? Find(string repository) => _tokens.TryGetValue(repository, out var token) && token.Until - Margin > time.GetUtcNow() ? token.Header : null;

    public string Keep(string repository, string header, TimeSpan lifetime)
    {
        _tokens[repository] = (header, time.GetUtcNow() + lifetime);
        return header;
    }

    /// <param name="header">The one that was of no use: another request may have got a new one meanwhile.</param>
    public void Forget(string repository, string header)
    {
        if (_tokens.TryGetValue(repository, out var token) && token.Header == header)
            _tokens.TryRemove(new(repository, token));
    }

    /// <summary>The place to ask for a token; null = it is none.</summary>
    /// <exception cref="RegistryRefusedException">The credential would go to a stranger.</exception>
    public Uri? Realm(string? realm)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback && endpoint.IsLoopback)))
            return null;
        if (Basic is null || IsHost(uri, endpoint.Authority) || IsHost(uri, name) || (tokenHost is not null && IsHost(uri, tokenHost)))
            return uri;
        throw new RegistryRefusedException(
            $"The registry {name} asks for its credential to be sent to {uri.Host}. If that is right, name that host as its tokenHost.");
    }

    /// <summary>By name; a port counts where one is named for both.</summary>
    private static bool IsHost(Uri uri, string host) =>
        host.Contains(':', StringComparison.Ordinal) && !uri.IsDefaultPort ? uri.Authority == host : uri.Host == host.Split(':')[0];
}
