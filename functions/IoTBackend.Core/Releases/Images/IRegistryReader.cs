using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Images;

/// <summary>A repository in a configured registry. Its address comes from the configuration alone.</summary>
public readonly record struct ImageSource(RegistryConfiguration Registry, string Repository);

/// <param name="Digest">Over the exact <paramref name="Bytes"/>, computed by us.</param>
/// <param name="MediaType">As the registry names it.</param>
public sealed record Manifest(string Digest, string MediaType, ReadOnlyMemory<byte> Bytes);

/// <summary>What a tag or digest leads to now, without reading it. All null = it is gone.</summary>
/// <param name="Unchanged">It is still the digest asked about.</param>
/// <param name="Digest">The digest, new or old, as the registry names it.</param>
public readonly record struct TagState(bool Unchanged, string? Digest)
{
    public bool IsGone => !Unchanged && Digest is null;
}

/// <summary>
/// Reads a registry (OCI distribution API). Whatever comes back is hashed: content that does not have the digest asked for
/// is a <see cref="RegistryContentException"/>, as is content too large or malformed, and any answer that is none of the others. 404 is null.
/// A registry that cannot answer now is an <see cref="UnavailableException"/> of the service <see cref="Service"/>; it is left alone for as
/// long as it asked, and calls meanwhile fail at once. Every call ends within <see cref="Patience"/>, whatever the registry does.
/// </summary>
public interface IRegistryReader
{
    const string Service = "registry";

    /// <summary>For one call, retries and logins included. Long enough for 4 MiB over a slow line.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>By tag or digest, at most 4 MiB.</summary>
    Task<Manifest?> ReadManifestAsync(ImageSource source, string tagOrDigest, CancellationToken cancellationToken);

    /// <summary>A blob of at most <paramref name="maxBytes"/>.</summary>
    Task<ReadOnlyMemory<byte>?> ReadBlobAsync(ImageSource source, string digest, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Asks without reading where the registry can answer that and, where it can answer 304, without a pull being counted.</summary>
    /// <param name="tagOrDigest">A tag, or a digest to see whether it is still there.</param>
    Task<TagState> LookAsync(ImageSource source, string tagOrDigest, string? knownDigest, CancellationToken cancellationToken);

    /// <summary>
    /// What says that it belongs to the image, by the API for it or the tag that stands in for it; at most <see cref="Referrer.Most"/>. Asked again
    /// it is one request, answered without the list where the registry can tell that nothing changed.
    /// </summary>
    /// <param name="known">The version of the list that was read before; null = none was.</param>
    Task<ReferrerList> ListReferrersAsync(ImageSource source, string digest, string? known, CancellationToken cancellationToken);

    /// <summary>Names of all tags, also of those that are none of ours.</summary>
    IAsyncEnumerable<string> ListTagsAsync(ImageSource source, CancellationToken cancellationToken);
}

/// <summary>A registry does not let us in: its credential has to be put right.</summary>
public sealed class RegistryRefusedException(string message) : Exception(message);

/// <summary>A registry sent what it should not have: nothing is done with it, and asking again at once would not help.</summary>
public sealed class RegistryContentException(string message) : Exception(message);
