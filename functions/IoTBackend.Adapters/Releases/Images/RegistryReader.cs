using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Core;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Reads through <c>ContainerRegistryContentClient</c>: blobs by its method, and what it has no method for (tags, HEAD), or a stricter one than
/// registries are (manifests without a length), through its pipeline.
/// </summary>
public sealed class RegistryReader(RegistryClients clients, RegistryRests rests, TimeProvider time) : IRegistryReader
{
    private const string Manifests =
        MediaTypes.OciIndex + ", " + MediaTypes.DockerList + ", " + MediaTypes.OciManifest + ", " + MediaTypes.DockerManifest;

    /// <summary>Registries support manifests up to 4 MiB (OCI distribution specification).</summary>
    private const int MaxManifestBytes = 4 * 1024 * 1024;

    private const int MaxTagListBytes = 4 * 1024 * 1024;

    private readonly RegistryCalls _calls = new(rests, time);
    private readonly ReferrerVersions _referrers = new(time);

    public Task<Manifest?> ReadManifestAsync(ImageSource source, string tagOrDigest, CancellationToken cancellationToken) =>
        _calls.RunAsync(source, async token => (await GetManifestAsync(source, tagOrDigest, null, token)).Manifest, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> ReadBlobAsync(ImageSource source, string digest, int maxBytes, CancellationToken cancellationToken) =>
        _calls.RunAsync<ReadOnlyMemory<byte>?>(source, async token =>
        {
            using var blob = (await clients.For(source).DownloadBlobStreamingAsync(digest, token)).Value;
            return await HashedContent.ReadAsync(blob.Content, maxBytes, token) is var content && content.Digest == digest
                ? content.Bytes
                : throw new RegistryContentException($"The registry sent a blob that is not {digest}.");
        }, cancellationToken);

    public Task<TagState> LookAsync(ImageSource source, string tagOrDigest, string? knownDigest, CancellationToken cancellationToken) =>
        _calls.RunAsync(source, async token =>
        {
            using var message = CreateMessage(source, RequestMethod.Head, $"manifests/{tagOrDigest}", knownDigest);
            await clients.For(source).Pipeline.SendAsync(message, token);
            var response = message.Response;
            if (response.Status == 304 && knownDigest is not null)
                return new TagState(Unchanged: true, knownDigest);
            if (response.Status == 200 && response.Headers.TryGetValue("Docker-Content-Digest", out var digest) && OciNames.IsDigest(digest))
                return new(digest == knownDigest, digest);
            if (response.Status is 401 or 403 or 408 or 429 or (>= 500 and not 501))
                throw new RequestFailedException(response);
            // Not every registry knows HEAD, or says the digest with it: 404 and 405 mean nothing yet.
            var (manifest, unchanged) = await GetManifestAsync(source, tagOrDigest, knownDigest, token);
            return unchanged ? new(true, knownDigest) : new(manifest is not null && manifest.Digest == knownDigest, manifest?.Digest);
        }, cancellationToken);

    public async Task<ReferrerList> ListReferrersAsync(ImageSource source, string digest, string? known, CancellationToken cancellationToken) =>
        await _calls.RunAsync(source, async token =>
            (_referrers.MayHaveApi(source, known) ? await ListByApiAsync(source, digest, known, token) : null) ?? await ListByTagAsync(source, digest, known, token), cancellationToken)
        ?? ReferrerList.None;

    public async IAsyncEnumerable<string> ListTagsAsync(ImageSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TagPages.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var pages = new TagPages(source.Repository);
        while (pages.Next is { } page)
        {
            var (tags, link) = await _calls.RunAsync(source, token => ReadTagsAsync(source, page, token), cancellationToken, either.Token);
            foreach (var tag in pages.Take(tags, link))
                yield return tag;
        }
    }

    /// <summary>Null = the registry has no such API.</summary>
    private async Task<ReferrerList?> ListByApiAsync(ImageSource source, string digest, string? known, CancellationToken cancellationToken)
    {
        using var message = CreateMessage(source, RequestMethod.Get, $"referrers/{digest}", null);
        if (ReferrerVersions.TagOf(known) is { } tag)
            message.Request.Headers.SetValue("If-None-Match", tag);
        await clients.For(source).Pipeline.SendAsync(message, cancellationToken);
        var response = message.Response;
        if (response.Status == 304 && known is not null)
            return new(known, [], Unchanged: true);
        if (response.Status == 200)
        {
            var content = await HashedContent.ReadAsync(response.ContentStream ?? Stream.Null, MaxManifestBytes, cancellationToken);
            // A registry without the API may answer any path, with a page of its own.
            if (MediaTypes.Of(response.Headers.ContentType, content.Bytes) is var type && MediaTypes.IsIndex(type))
            {
                var version = ReferrerVersions.OfAnswer(response.Headers.TryGetValue("ETag", out var etag) ? etag : null, content.Digest);
                return version == known ? new(version, [], Unchanged: true) : new(version, Referrer.Parse(new(content.Digest, type, content.Bytes), digest));
            }
        }
        else if (response.Status is 401 or 403 or 408 or 429 or (>= 500 and not 501))
        {
            throw new RequestFailedException(response);
        }

        _referrers.HasNoApi(source);
        return null;
    }

    /// <summary>Without the API ("MUST fall back", distribution-spec): a tag named like the digest.</summary>
    private async Task<ReferrerList> ListByTagAsync(ImageSource source, string digest, string? known, CancellationToken cancellationToken)
    {
        var (list, unchanged) = await GetManifestAsync(source, Referrer.FallbackTag(digest), OciNames.IsDigest(known) ? known : null, cancellationToken);
        return unchanged ? new(known!, [], Unchanged: true)
            : list is null ? ReferrerList.None with { Unchanged = known == ReferrerList.None.Version }
            : new(list.Digest, Referrer.Parse(list, digest), Unchanged: list.Digest == known);
    }

    private async Task<(Manifest? Manifest, bool Unchanged)> GetManifestAsync(
        ImageSource source, string tagOrDigest, string? knownDigest, CancellationToken cancellationToken)
    {
        using var message = CreateMessage(source, RequestMethod.Get, $"manifests/{tagOrDigest}", knownDigest);
        await clients.For(source).Pipeline.SendAsync(message, cancellationToken);
        var response = message.Response;
        if (response.Status == 404)
            return (null, false);
        if (response.Status == 304 && knownDigest is not null)
            return (null, true);
        if (response.Status != 200)
            throw new RequestFailedException(response);
        if (response.Headers.ContentLength > MaxManifestBytes)
            throw new RegistryContentException($"The manifest has more than {MaxManifestBytes} bytes.");
        var (bytes, digest) = await HashedContent.ReadAsync(response.ContentStream ?? Stream.Null, MaxManifestBytes, cancellationToken);
        var named = response.Headers.TryGetValue("Docker-Content-Digest", out var header) && OciNames.IsDigest(header) ? header : digest;
        return named == digest && (!OciNames.IsDigest(tagOrDigest) || tagOrDigest == digest)
            ? (new(digest, MediaTypes.Of(response.Headers.ContentType, bytes), bytes), false)
            : throw new RegistryContentException($"The registry sent a manifest that is not {(OciNames.IsDigest(tagOrDigest) ? tagOrDigest : named)}.");
    }

    private async Task<(IReadOnlyList<string> Tags, string? Link)> ReadTagsAsync(ImageSource source, string page, CancellationToken cancellationToken)
    {
        using var message = CreateMessage(source, RequestMethod.Get, "tags/list", null);
        message.Request.Uri.Reset(new Uri(source.Registry.Endpoint, page));
        await clients.For(source).Pipeline.SendAsync(message, cancellationToken);
        if (message.Response.Status == 404)
            return ([], null);
        if (message.Response.Status != 200)
            throw new RequestFailedException(message.Response);
        var content = await HashedContent.ReadAsync(message.Response.ContentStream ?? Stream.Null, MaxTagListBytes, cancellationToken);
        using var json = JsonDocument.Parse(content.Bytes);
        var tags = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("tags", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!).ToList()
            : [];
        return (tags, message.Response.Headers.TryGetValue("Link", out var link) ? link : null);
    }

    private HttpMessage CreateMessage(ImageSource source, RequestMethod method, string path, string? knownDigest)
    {
        var client = clients.For(source);
        var message = client.Pipeline.CreateMessage();
        message.BufferResponse = false;
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(source.Registry.Endpoint, $"/v2/{source.Repository}/{path}"));
        message.Request.Headers.SetValue(HttpHeader.Names.Accept, Manifests);
        if (knownDigest is not null)
            message.Request.Headers.SetValue("If-None-Match", $"\"{knownDigest}\"");
        return message;
    }
}
