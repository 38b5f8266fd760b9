using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Local.Tests.ContainerRegistry;

/// <summary>Pushes as oras does: blobs, manifests, and artifacts that name a subject, filed by the registry or, where it does not, under the fallback tag.</summary>
public sealed class RegistryPusher(Uri endpoint, string repository) : IDisposable
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Index = "application/vnd.oci.image.index.v1+json";

    private readonly HttpClient _http = new() { BaseAddress = endpoint };
    private readonly Dictionary<string, List<object>> _filed = [];

    public void Dispose() => _http.Dispose();

    public async Task<string> BlobAsync(byte[] content)
    {
        using var begun = await _http.PostAsync($"/v2/{repository}/blobs/uploads/", null);
        var digest = DigestOf(content);
        var location = begun.Headers.Location!.ToString();
        using var body = new ByteArrayContent(content);
        using var put = await _http.PutAsync($"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}", body);
        put.EnsureSuccessStatusCode();
        return digest;
    }

    public async Task<string> ManifestAsync(object manifest, string type = Manifest, string? tag = null) => (await PutAsync(manifest, type, tag)).Digest;

    /// <summary>Returns the digest of its manifest.</summary>
    public async Task<string> AttachAsync(string subject, string artifactType, byte[] content, string? layerType = null, Dictionary<string, string>? annotations = null)
    {
        var (layer, empty) = (await BlobAsync(content), await BlobAsync("{}"u8.ToArray()));
        var (digest, size, filed) = await PutAsync(new
        {
            schemaVersion = 2,
            mediaType = Manifest,
            artifactType,
            config = new { mediaType = "application/vnd.oci.empty.v1+json", digest = empty, size = 2 },
            layers = new[] { new { mediaType = layerType ?? artifactType, digest = layer, size = content.Length } },
            subject = new { mediaType = Index, digest = subject, size = 1 },
            annotations,
        }, Manifest, null);
        if (!filed)
        {
            var list = _filed.TryGetValue(subject, out var begun) ? begun : _filed[subject] = [];
            list.Add(new { mediaType = Manifest, digest, size, artifactType });
            await PutAsync(new { schemaVersion = 2, mediaType = Index, manifests = list }, Index, subject.Replace(':', '-'));
        }

        return digest;
    }

    private async Task<(string Digest, int Size, bool Filed)> PutAsync(object manifest, string type, string? tag)
    {
        var bytes = manifest as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(manifest);
        var digest = DigestOf(bytes);
        using var body = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var put = await _http.PutAsync($"/v2/{repository}/manifests/{tag ?? digest}", body);
        put.EnsureSuccessStatusCode();
        return (digest, bytes.Length, put.Headers.Contains("OCI-Subject"));
    }

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
