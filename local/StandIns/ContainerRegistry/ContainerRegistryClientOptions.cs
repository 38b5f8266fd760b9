using Azure.Core;

namespace Azure.Containers.ContainerRegistry;

public class ContainerRegistryClientOptions : ClientOptions
{
    public ContainerRegistryClientOptions(ServiceVersion version = ServiceVersion.V2021_07_01)
    {
        if (version != ServiceVersion.V2021_07_01)
            throw new NotSupportedException($"Service version {version} is not known.");
    }

    public enum ServiceVersion
    {
#pragma warning disable CA1707 // The real package's name.
        V2021_07_01 = 1,
#pragma warning restore CA1707
    }

    /// <summary>Whom the Entra token is for; null = <c>https://containerregistry.azure.net</c>.</summary>
    public ContainerRegistryAudience? Audience { get; set; }
}

public readonly struct ContainerRegistryAudience(string value) : IEquatable<ContainerRegistryAudience>
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public static bool operator ==(ContainerRegistryAudience left, ContainerRegistryAudience right) => left.Equals(right);

    public static bool operator !=(ContainerRegistryAudience left, ContainerRegistryAudience right) => !left.Equals(right);

    public bool Equals(ContainerRegistryAudience other) => string.Equals(_value, other._value, StringComparison.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => obj is ContainerRegistryAudience other && Equals(other);

    public override int GetHashCode() => _value is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(_value);

    public override string ToString() => _value;
}
