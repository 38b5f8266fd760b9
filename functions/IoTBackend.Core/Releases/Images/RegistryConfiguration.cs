using System.Net;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Images;

public enum RegistryKind
{
    /// <summary>Azure Container Registry, read with the app's managed identity.</summary>
    Acr,

    /// <summary>Anything that speaks the OCI distribution API: CNCF Distribution, Docker Hub, GHCR, Harbor, Quay, GitLab, ECR.</summary>
    Distribution,
}

/// <summary>A registry that may send events and that tracks may follow.</summary>
public sealed record RegistryConfiguration
{
    /// <summary><c>host[:port]</c> as it stands in the names of its images; what devices pull from.</summary>
    public required string Host { get; init; }

    public RegistryKind Kind { get; init; }

    /// <summary>Where the backend reads it. https, or http to a loopback address.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>
    /// Name of the app setting <c>Releases__Credentials__{name}</c> that holds <c>user:password</c>; null = the managed identity for
    /// <c>acr</c>, anonymous otherwise. The secret itself is never stored here.
    /// </summary>
    public string? Credential { get; init; }

    /// <summary>
    /// The host that may be given the credential in exchange for a token, where it is not the registry's own: <c>auth.docker.io</c> for
    /// Docker Hub. A registry that asks for it to be sent elsewhere is refused.
    /// </summary>
    public string? TokenHost { get; init; }

    /// <summary>
    /// What its events have to prove: sent as <c>Authorization</c> (with or without a scheme), or the key of GitHub's
    /// <c>X-Hub-Signature-256</c>. Null = the function key is enough. Never given back.
    /// </summary>
    public string? WebhookKey { get; init; }

    public Result<RegistryConfiguration> Validate()
    {
        List<string> faults = [];
        if (!OciNames.IsHost(Host))
            faults.Add("host: host[:port] in lower case, as in the names of its images.");
        if (!Endpoint.IsAbsoluteUri || (Endpoint.Scheme != Uri.UriSchemeHttps && !(Endpoint.Scheme == Uri.UriSchemeHttp && Endpoint.IsLoopback)))
            faults.Add("endpoint: an https address (http only to a loopback address).");
        else if (Endpoint.UserInfo.Length > 0 || Endpoint.AbsolutePath != "/" || Endpoint.Query.Length > 0)
            faults.Add("endpoint: scheme, host and port only; credentials go into an app setting.");
        // What its name leads to is judged when it is connected to; this is only an early word to the operator.
        else if (IPAddress.TryParse(Endpoint.IdnHost, out var address) && !TargetAddress.IsAllowed(address, allowPrivate: true))
            faults.Add("endpoint: not a link-local, metadata, multicast or reserved address.");
        if (TokenHost is not null && !OciNames.IsHost(TokenHost))
            faults.Add("tokenHost: the host that gives tokens, as in auth.docker.io.");
        if (Credential is not null && !OciNames.IsTrack(Credential))
            faults.Add("credential: the name of an app setting Releases__Credentials__NAME (a-z, 0-9, dots, dashes), not the secret.");
        if (WebhookKey is { Length: < 16 or > 512 })
            faults.Add("webhookKey: 16 to 512 characters.");
        return faults.Count == 0 ? this : Result<RegistryConfiguration>.Rejected(string.Join(' ', faults));
    }
}
