namespace IoTBackend.Adapters.Releases.Images;

/// <summary>Settings <c>Releases__*</c> about registries; credentials are <c>Releases__Credentials__{name}</c>.</summary>
public sealed class RegistryOptions
{
    public const string Section = "Releases";

    internal const string PrivateSetting = "Releases__AllowPrivateRegistries";

    /// <summary>Registries may be at loopback and private addresses; default false. Link-local and metadata addresses stay refused.</summary>
    public bool AllowPrivateRegistries { get; set; }
}
