using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IoTBackend.Agent.Updates;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// The few reads of a registry (OCI distribution API) that signatures need. What comes by digest is hashed. 404 is null, and so is what is too large to
/// be one of these: anybody who may push can file it, and it must not keep the others from being read.
/// </summary>
/// <param name="http">Does not follow redirects by itself: a registry's answer must not carry its credential elsewhere.</param>
/// <param name="credential">By registry.</param>
internal sealed class RegistryClient(HttpClient http, Func<string, (string User, string Password)?> credential)
{
    /// <summary>Of a manifest or a list of more than a thousand referrers. Parsed it takes sixteen times as much, of the little memory the agent has.</summary>
    private const int MaxManifest = 512 * 1024;

    /// <summary>Of a signature, as at the backend.</summary>
    private const int MaxBlob = 256 * 1024;

    private const int MaxToken = 64 * 1024;

    private const string Accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
        + "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="reference">A tag or a digest.</param>
    public Task<byte[]?> ReadManifestAsync(ImageName image, string reference, CancellationToken cancellationToken) => ReadAsync(image, $"manifests/{reference}", reference, MaxManifest, cancellationToken);

    public Task<byte[]?> ReadBlobAsync(ImageName image, string digest, CancellationToken cancellationToken) => ReadAsync(image, $"blobs/{digest}", digest, MaxBlob, cancellationToken);

    /// <summary>The list of what refers to the image; null where the registry has no such API.</summary>
    public Task<byte[]?> ReadReferrersAsync(ImageName image, CancellationToken cancellationToken) => ReadAsync(image, $"referrers/{image.Digest}", null, MaxManifest, cancellationToken);

    private async Task<byte[]?> ReadAsync(ImageName image, string what, string? reference, int most, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            // As engines do: a registry on this machine itself speaks http.
            var scheme = new Uri($"https://{image.Registry}").IsLoopback ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
            var address = new Uri($"{scheme}://{image.Registry}/v2/{image.Repository}/{what}");
            var bytes = await GetAsync(address, image, most, late.Token);
            if (bytes is not null && ImageName.IsDigest(reference) && $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}" != reference)
                throw new RegistryUnavailableException($"{image.Registry} sent something else than {reference}");
            return bytes;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or FormatException or InvalidOperationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new RegistryUnavailableException($"the registry {image.Registry} does not answer: {e.Message}");
        }
    }

    private async Task<byte[]?> GetAsync(Uri address, ImageName image, int most, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? authorization = null;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Accept", Accept);
            request.Headers.Authorization = authorization;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    return await ReadBoundedAsync(response, most, cancellationToken);
                case HttpStatusCode.NotFound:
                    return null;
                case HttpStatusCode.Unauthorized when authorization is null && redirects == 0:
                    authorization = await LoginAsync(response.Headers.WwwAuthenticate.FirstOrDefault(), image, address, cancellationToken)
                        ?? throw new RegistryUnavailableException($"the registry {image.Registry} asks for a login this device does not have");
                    break;
                case HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.RedirectKeepVerb or HttpStatusCode.SeeOther or HttpStatusCode.MovedPermanently
                    when response.Headers.Location is { } location && redirects < 4:
                    var next = new Uri(address, location);
                    if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != address.Scheme || next.Authority != address.Authority))
                        throw new RegistryUnavailableException($"the registry {image.Registry} leads to {next.Scheme}");
                    if (next.Authority != address.Authority)
                        authorization = null;
                    address = next;
                    break;
                default:
                    throw new RegistryUnavailableException($"the registry {image.Registry} answers {(int)response.StatusCode}");
            }
        }
    }

    /// <summary>Basic, or a token from the place the registry names (distribution, docs/spec/auth/token.md).</summary>
    private async Task<AuthenticationHeaderValue?> LoginAsync(AuthenticationHeaderValue? challenge, ImageName image, Uri address, CancellationToken cancellationToken)
    {
        var basic = credential(image.Registry) is var (user, password)
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) : null;
        if (challenge?.Scheme is not { } scheme || scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return basic;
        var parts = Parts(challenge.Parameter ?? "");
        if (!scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || !Uri.TryCreate(parts.GetValueOrDefault("realm"), UriKind.Absolute, out var realm)
            || (realm.Scheme != Uri.UriSchemeHttps && (realm.Scheme != address.Scheme || !realm.IsLoopback)))
            return null;
        var query = $"?service={Uri.EscapeDataString(parts.GetValueOrDefault("service", ""))}&scope={Uri.EscapeDataString($"repository:{image.Repository}:pull")}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query }.Uri);
        request.Headers.Authorization = basic;
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        using var json = JsonDocument.Parse(await ReadBoundedAsync(response, MaxToken, cancellationToken) ?? throw new IOException("a token without end"));
        return (Text(json.RootElement, "token") ?? Text(json.RootElement, "access_token")) is { } token ? new("Bearer", token) : null;
    }

    private static Dictionary<string, string> Parts(string parameters)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in parameters.Split(',').Take(10))
        {
            if (part.Split('=', 2) is [var name, var value])
                parts.TryAdd(name.Trim(), value.Trim().Trim('"'));
        }

        return parts;
    }

    /// <summary>Null = it has more bytes.</summary>
    private static async Task<byte[]?> ReadBoundedAsync(HttpResponseMessage response, int most, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            if (bytes.Length + read > most)
                return null;
            bytes.Write(chunk, 0, read);
        }

        return bytes.ToArray();
    }
}
