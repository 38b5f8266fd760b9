using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Containers.ContainerRegistry;

/// <summary>
/// Stands in for the client of the same name: manifests and blobs of one repository, over Azure.Core's pipeline (retries,
/// diagnostics, redirects) and ACR's token exchange. Differs where a laptop needs it: plain http is allowed to a loopback address.
/// </summary>
public class ContainerRegistryContentClient
{
    /// <summary>Registries support manifests up to 4 MiB (OCI distribution specification); more is refused unread.</summary>
    private const int MaxManifestBytes = 4 * 1024 * 1024;

    private const string DefaultScope = "https://containerregistry.azure.net";

    // As the real client sends it: every type a registry may have stored, so that none is converted on the way out.
    private const string AcceptManifests =
        "*/*, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, "
        + "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.cncf.oras.artifact.manifest.v1+json";

    private readonly Uri _endpoint;
    private readonly string _repositoryName;
    private readonly HttpPipeline _pipeline;

    public ContainerRegistryContentClient(Uri endpoint, string repositoryName, ContainerRegistryClientOptions options)
        : this(endpoint, repositoryName, null, options, TimeProvider.System)
    {
    }

    public ContainerRegistryContentClient(Uri endpoint, string repositoryName, TokenCredential credential, ContainerRegistryClientOptions options)
        : this(endpoint, repositoryName, credential ?? throw new ArgumentNullException(nameof(credential)), options, TimeProvider.System)
    {
    }

    internal ContainerRegistryContentClient(
        Uri endpoint, string repositoryName, TokenCredential? credential, ContainerRegistryClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(repositoryName);
        ArgumentNullException.ThrowIfNull(options);
        if (endpoint.Scheme != Uri.UriSchemeHttps && !endpoint.IsLoopback)
            throw new ArgumentException("A registry is spoken to over https; http is for loopback addresses.", nameof(endpoint));
        _endpoint = endpoint;
        _repositoryName = repositoryName;
        var scope = $"{options.Audience?.ToString() ?? DefaultScope}/.default";
        // The exchange has a pipeline of its own: it must not be answered by the policy that waits for it.
        var tokens = new TokenExchange(endpoint, HttpPipelineBuilder.Build(options), credential, scope, time);
        _pipeline = HttpPipelineBuilder.Build(options, new ChallengePolicy(endpoint, tokens));
    }

    public virtual Uri Endpoint => _endpoint;

    public virtual string RepositoryName => _repositoryName;

    public virtual HttpPipeline Pipeline => _pipeline;

    /// <summary>The manifest, list or index by tag or digest, checked against the digest asked for and the one the registry names.</summary>
    /// <exception cref="RequestFailedException">The registry refused, or sent something else than asked for, or more than 4 MiB.</exception>
    public virtual async Task<Response<GetManifestResult>> GetManifestAsync(string tagOrDigest, CancellationToken cancellationToken = default)
    {
        using var message = CreateMessage($"manifests/{Uri.EscapeDataString(tagOrDigest).Replace("%3A", ":", StringComparison.Ordinal)}", bufferResponse: false);
        message.Request.Headers.SetValue(HttpHeader.Names.Accept, AcceptManifests);
        await SendAsync(message, cancellationToken);

        var response = message.Response;
        if (response.Headers.ContentLength is not (> 0 and <= MaxManifestBytes and var length) || response.ContentStream is not { } stream)
            throw new RequestFailedException(response.Status, "The registry did not say how long the manifest is, or it is longer than 4 MiB.");
        var bytes = new byte[(int)length];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        var digest = DigestOf(bytes.AsSpan(0, read));
        if (response.Headers.TryGetValue("Docker-Content-Digest", out var named) && named != digest)
            throw Mismatch(response, named);
        if (tagOrDigest.StartsWith("sha256:", StringComparison.Ordinal) && tagOrDigest != digest)
            throw Mismatch(response, tagOrDigest);

        var mediaType = response.Headers.ContentType ?? throw new RequestFailedException(response.Status, "The registry named no media type.");
        return Response.FromValue(new GetManifestResult(digest, mediaType, new BinaryData(bytes)), response);
    }

    /// <summary>The blob as a stream, from wherever the registry redirects to. The content is the caller's to hash and to dispose of.</summary>
    public virtual async Task<Response<DownloadRegistryBlobStreamingResult>> DownloadBlobStreamingAsync(string digest, CancellationToken cancellationToken = default)
    {
        var message = CreateMessage($"blobs/{digest}", bufferResponse: false);
        try
        {
            RedirectPolicy.SetAllowAutoRedirect(message, true);
            await SendAsync(message, cancellationToken);
            var content = message.ExtractResponseContent()
                ?? throw new RequestFailedException(message.Response.Status, "The registry sent no content.");
            return Response.FromValue(new DownloadRegistryBlobStreamingResult(digest, content, message), message.Response);
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    private HttpMessage CreateMessage(string path, bool bufferResponse)
    {
        var message = _pipeline.CreateMessage();
        message.BufferResponse = bufferResponse;
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(new Uri(_endpoint, $"/v2/{_repositoryName}/{path}"));
        return message;
    }

    private async Task SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        await _pipeline.SendAsync(message, cancellationToken);
        if (message.Response.Status != 200)
            throw new RequestFailedException(message.Response);
    }

    private static string DigestOf(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static RequestFailedException Mismatch(Response response, string expected) =>
        new(response.Status, $"The content does not have the digest {expected}.");
}
