using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Configured registries; a handful. Table <c>Registries</c>: partition = <c>registry</c>, row = host, <c>Document</c> = the
/// <see cref="RegistryConfiguration"/>, its webhook key sealed.
/// </summary>
public sealed class TableRegistries(TableServiceClient tables, SealedSecrets secrets) : IRegistries
{
    private readonly NamedDocuments<RegistryConfiguration> _registries = new(tables.GetTableClient(TableNames.Registries), "registry");

    public async Task<RegistryConfiguration?> FindAsync(string host, CancellationToken cancellationToken) =>
        await _registries.FindAsync(host, cancellationToken) is { } registry ? Opened(registry) : null;

    public async Task<IReadOnlyList<RegistryConfiguration>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _registries.ListAsync(cancellationToken)).Select(Opened)];

    public Task SaveAsync(RegistryConfiguration registry, CancellationToken cancellationToken) =>
        _registries.SaveAsync(registry.Host, registry with { WebhookKey = secrets.Seal(registry.WebhookKey, Owner(registry)) }, cancellationToken);

    public Task<bool> DeleteAsync(string host, CancellationToken cancellationToken) => _registries.DeleteAsync(host, cancellationToken);

    private RegistryConfiguration Opened(RegistryConfiguration registry) =>
        registry with { WebhookKey = secrets.Open(registry.WebhookKey, Owner(registry)) };

    private static string Owner(RegistryConfiguration registry) => $"registry/{registry.Host}";
}
