namespace Azure.Containers.ContainerRegistry;

public class GetManifestResult
{
    internal GetManifestResult(string digest, string mediaType, BinaryData manifest) =>
        (Digest, MediaType, Manifest) = (digest, mediaType, manifest);

    public string Digest { get; }

    public BinaryData Manifest { get; }

    public ManifestMediaType MediaType { get; }
}

public class DownloadRegistryBlobStreamingResult : IDisposable
{
    private readonly IDisposable _response;

    internal DownloadRegistryBlobStreamingResult(string digest, Stream content, IDisposable response) =>
        (Digest, Content, _response) = (digest, content, response);

    public string Digest { get; }

    public Stream Content { get; }

    public void Dispose()
    {
        Content.Dispose();
        _response.Dispose();
        GC.SuppressFinalize(this);
    }
}

public readonly struct ManifestMediaType(string value) : IEquatable<ManifestMediaType>
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public static ManifestMediaType DockerManifest { get; } = new("application/vnd.docker.distribution.manifest.v2+json");

    public static ManifestMediaType OciImageManifest { get; } = new("application/vnd.oci.image.manifest.v1+json");

    public static implicit operator ManifestMediaType(string value) => new(value);

    public static explicit operator string(ManifestMediaType value) => value._value;

    public static bool operator ==(ManifestMediaType left, ManifestMediaType right) => left.Equals(right);

    public static bool operator !=(ManifestMediaType left, ManifestMediaType right) => !left.Equals(right);

    public bool Equals(ManifestMediaType other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => obj is ManifestMediaType other && Equals(other);

    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    public override string ToString() => _value;
}
