using System.Security.Cryptography;
using System.Text.Json;
using IoTBackend.Core.Releases.Images;

namespace Core.Tests.Releases;

/// <summary>A registry in memory that keeps what is pushed by digest.</summary>
internal sealed class MemoryRegistry : IRegistryReader
{
    private readonly Dictionary<string, (string MediaType, byte[] Bytes)> _content = [];

    private readonly Dictionary<string, List<Referrer>> _referrers = [];

    public Dictionary<string, string> Tags { get; } = [];

    /// <summary>Requests for content; a look at a tag is none.</summary>
    public int Reads { get; private set; }

    public int Looks { get; private set; }

    public string Put(string mediaType, object value) => Put(mediaType, value as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(value));

    public string Put(string mediaType, byte[] bytes)
    {
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        _content[digest] = (mediaType, bytes);
        return digest;
    }

    /// <summary>Deletes it; returns what it was.</summary>
    public byte[] Take(string digest) => _content.Remove(digest, out var taken) ? taken.Bytes : throw new KeyNotFoundException(digest);

    /// <summary>One platform's manifest with its config; the index may be told another platform.</summary>
    public object Child(string platform, string content = "", string? claimed = null, long size = 1000, string configType = MediaTypes.OciConfig, object? container = null)
    {
        static Dictionary<string, string> Parts(string text) =>
            text.Split('/').Zip(["os", "architecture", "variant"], (value, name) => (name, value)).ToDictionary(p => p.name, p => p.value);
        var config = Put("application/octet-stream", Parts(platform).Append(new("content", content)).ToDictionary(p => p.Key, p => (object)p.Value)
            .Append(new("config", container ?? new { })).ToDictionary());
        var manifest = Put(MediaTypes.OciManifest, new
        {
            mediaType = MediaTypes.OciManifest,
            config = new { mediaType = configType, digest = config, size = 10 },
            layers = new[] { new { digest = $"sha256:{1:x64}", size }, new { digest = $"sha256:{1:x64}", size } },
        });
        return new { digest = manifest, platform = Parts(claimed ?? platform) };
    }

    public string PushIndex(string tag, params object[] children) =>
        Tags[tag] = Put(MediaTypes.OciIndex, new { mediaType = MediaTypes.OciIndex, manifests = children });

    /// <summary>Three platforms, another digest for another content.</summary>
    public string Push(string tag, string? content = null) =>
        PushIndex(tag, Child("linux/amd64", content ?? tag), Child("linux/arm64", content ?? tag), Child("linux/arm/v7", content ?? tag));

    /// <summary>What happens before content is answered.</summary>
    public Action<CancellationToken>? Before { get; set; }

    public Task<Manifest?> ReadManifestAsync(ImageSource source, string tagOrDigest, CancellationToken cancellationToken)
    {
        Reads++;
        Before?.Invoke(cancellationToken);
        var digest = Tags.GetValueOrDefault(tagOrDigest, tagOrDigest);
        return Task.FromResult(_content.TryGetValue(digest, out var found) ? new Manifest(digest, found.MediaType, found.Bytes) : null);
    }

    public Task<ReadOnlyMemory<byte>?> ReadBlobAsync(ImageSource source, string digest, int maxBytes, CancellationToken cancellationToken)
    {
        Reads++;
        Before?.Invoke(cancellationToken);
        return Task.FromResult<ReadOnlyMemory<byte>?>(_content.TryGetValue(digest, out var found) ? found.Bytes : null);
    }

    /// <summary>What calls end with; null = as they should.</summary>
    public Exception? Down { get; set; }

    public Exception? ReferrersDown { get; set; }

    /// <summary>Only this one is down; null = each.</summary>
    public string? DownHost { get; set; }

    private bool IsDown(ImageSource source) => Down is not null && (DownHost is null || source.Registry.Host == DownHost);

    public Task<TagState> LookAsync(ImageSource source, string tagOrDigest, string? knownDigest, CancellationToken cancellationToken)
    {
        Looks++;
        if (IsDown(source))
            throw Down!;
        var digest = Tags.GetValueOrDefault(tagOrDigest, tagOrDigest);
        return Task.FromResult(_content.ContainsKey(digest) ? new TagState(digest == knownDigest, digest) : default);
    }

    /// <summary>Files a referrer the way a registry without the API has it: under the tag named like the digest.</summary>
    public string Attach(string subject, string artifactType, byte[] content, string layerType = "application/json", Dictionary<string, string>? annotations = null, string? claims = null)
    {
        var layer = Put("application/octet-stream", content);
        var manifest = Put(MediaTypes.OciManifest, new
        {
            mediaType = MediaTypes.OciManifest,
            artifactType,
            subject = new { digest = claims ?? subject },
            layers = new[] { new { mediaType = layerType, digest = layer, size = content.Length } },
            annotations,
        });
        _referrers.TryAdd(subject, []);
        _referrers[subject].Add(new(manifest, artifactType));
        return manifest;
    }

    /// <summary>Requests for a list; and those of them that were answered without it.</summary>
    public int Lists { get; private set; }

    public int Unchanged { get; private set; }

    public Task<ReferrerList> ListReferrersAsync(ImageSource source, string digest, string? known, CancellationToken cancellationToken)
    {
        Lists++;
        if (IsDown(source))
            throw Down!;
        if (ReferrersDown is not null)
            throw ReferrersDown;
        var items = _referrers.GetValueOrDefault(digest) ?? [];
        var version = string.Join(' ', items.Select(i => i.Digest));
        if (version == known)
            Unchanged++;
        return Task.FromResult(version == known ? new(version, [], Unchanged: true) : new ReferrerList(version, [.. items]));
    }

    public IAsyncEnumerable<string> ListTagsAsync(ImageSource source, CancellationToken cancellationToken) =>
        IsDown(source) ? throw Down! : Tags.Keys.ToAsyncEnumerable();
}
