using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>Reads through <c>ContainerRegistryContentClient</c>; what that one has no method for (tags, HEAD) through its pipeline.</summary>
public sealed class RegistryReader(RegistryClients clients) : IRegistryReader
{
    private const string Manifests =
        MediaTypes.OciIndex + ", " + MediaTypes.DockerList + ", " + MediaTypes.OciManifest + ", " + MediaTypes.DockerManifest;

    /// <summary>A repository with more tags is read up to here; the rest waits for its own events.</summary>
    private const int MaxTags = 20_000;

    private const int MaxTagListBytes = 4 * 1024 * 1024;

    public Task<Manifest?> ReadManifestAsync(ImageSource source, string tagOrDigest, CancellationToken cancellationToken) =>
        CallAsync<Manifest?>(async () =>
        {
            var result = (await clients.For(source).GetManifestAsync(tagOrDigest, cancellationToken)).Value;
            var bytes = result.Manifest.ToMemory();
            var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes.Span))}";
            return digest == result.Digest && (!OciNames.IsDigest(tagOrDigest) || tagOrDigest == digest)
                ? new(digest, result.MediaType.ToString().Split(';')[0].Trim(), bytes)
                : throw new RegistryContentException($"The registry sent a manifest that is not {tagOrDigest}.");
        });

    public Task<ReadOnlyMemory<byte>?> ReadBlobAsync(ImageSource source, string digest, int maxBytes, CancellationToken cancellationToken) =>
        CallAsync<ReadOnlyMemory<byte>?>(async () =>
        {
            using var blob = (await clients.For(source).DownloadBlobStreamingAsync(digest, cancellationToken)).Value;
            var bytes = await ReadAsync(blob.Content, maxBytes, cancellationToken);
            return digest == $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes.Span))}"
                ? bytes
                : throw new RegistryContentException($"The registry sent a blob that is not {digest}.");
        });

    public Task<TagState> LookAtTagAsync(ImageSource source, string tag, string? knownDigest, CancellationToken cancellationToken) =>
        CallAsync(async () =>
        {
            var client = clients.For(source);
            using var message = client.Pipeline.CreateMessage();
            message.Request.Method = RequestMethod.Head;
            message.Request.Uri.Reset(new Uri(client.Endpoint, $"/v2/{source.Repository}/manifests/{tag}"));
            message.Request.Headers.SetValue(HttpHeader.Names.Accept, Manifests);
            if (knownDigest is not null)
                message.Request.Headers.SetValue("If-None-Match", $"\"{knownDigest}\"");
            await client.Pipeline.SendAsync(message, cancellationToken);
            switch (message.Response.Status)
            {
                case 304:
                    return new TagState(Unchanged: true, knownDigest);
                case 404:
                    return new TagState(Unchanged: false, null);
                case 200 when message.Response.Headers.TryGetValue("Docker-Content-Digest", out var digest) && OciNames.IsDigest(digest):
                    return new TagState(digest == knownDigest, digest);
                case 200:
                    throw new RegistryContentException("The registry names no digest for the tag.");
                default:
                    throw new RequestFailedException(message.Response);
            }
        });

    public async IAsyncEnumerable<string> ListTagsAsync(ImageSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = clients.For(source);
        var seen = 0;
        for (var next = new Uri(client.Endpoint, $"/v2/{source.Repository}/tags/list?n=1000"); next is not null;)
        {
            var page = next;
            var (tags, link) = await CallAsync(() => ReadTagsAsync(client.Pipeline, page, cancellationToken));
            foreach (var tag in tags.Where(t => OciNames.IsTag(t)).Take(MaxTags - seen))
                yield return tag;
            seen += tags.Count;
            // A page must lead on within the registry, and somewhere new.
            next = link is not null && seen < MaxTags && tags.Count > 0 && Uri.TryCreate(page, link, out var uri) && SameOrigin(uri, page) && uri != page ? uri : null;
        }
    }

    private static async Task<(List<string> Tags, string? Next)> ReadTagsAsync(HttpPipeline pipeline, Uri page, CancellationToken cancellationToken)
    {
        using var message = pipeline.CreateMessage();
        message.BufferResponse = false;
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(page);
        await pipeline.SendAsync(message, cancellationToken);
        if (message.Response.Status == 404)
            return ([], null);
        if (message.Response.Status != 200 || message.Response.ContentStream is not { } stream)
            throw new RequestFailedException(message.Response);
        using var json = JsonDocument.Parse(await ReadAsync(stream, MaxTagListBytes, cancellationToken));
        var tags = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("tags", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!).ToList()
            : [];
        return (tags, message.Response.Headers.TryGetValue("Link", out var link) && link is ['<', ..] && link.IndexOf('>', StringComparison.Ordinal) is > 1 and var end
            ? link[1..end]
            : null);
    }

    /// <summary>Stops one byte past the limit, whatever length was promised.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (bytes.Length + read > maxBytes)
                throw new RegistryContentException($"The registry sent more than {maxBytes} bytes.");
            bytes.Write(chunk, 0, read);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private static bool SameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.Authority == other.Authority;

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await Unavailable.CallAsync(Unavailable.Registry, call);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return default!;
        }
        catch (RequestFailedException e) when (e.Status is 200 or 206)
        {
            // The client's own verdict on content it has looked at.
            throw new RegistryContentException(e.Message.Split('\n')[0]);
        }
        catch (RequestFailedException e) when (e.Status is 401 or 403)
        {
            throw new RegistryRefusedException($"The registry answered {e.Status}: its credential does not open this repository.");
        }
        catch (JsonException)
        {
            throw new RegistryContentException("The registry's answer is not JSON.");
        }
    }
}
