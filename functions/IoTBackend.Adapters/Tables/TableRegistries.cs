using System.Net;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Core.Releases;

namespace IoTBackend.Adapters.Tables;

/// <summary>Configured registries; a handful. Table <c>Registries</c>: partition = <c>registry</c>, row = host, <c>Document</c> = the <see cref="RegistryConfiguration"/>.</summary>
public sealed class TableRegistries(TableServiceClient tables) : IRegistries
{
    private const string Partition = "registry";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Registries);

    public async Task<RegistryConfiguration?> FindAsync(string host, CancellationToken cancellationToken) =>
        await _table.FindAsync(Partition, host, cancellationToken) is { } row ? TableDocument.Read<RegistryConfiguration>(row) : null;

    public async Task<IReadOnlyList<RegistryConfiguration>> ListAsync(CancellationToken cancellationToken)
    {
        var registries = new List<RegistryConfiguration>();
        var rows = _table.QueryAsync<TableEntity>(e => e.PartitionKey == Partition, cancellationToken: cancellationToken);
        await foreach (var row in Unavailable.Enumerate(Unavailable.Tables, rows, cancellationToken))
            registries.Add(TableDocument.Read<RegistryConfiguration>(row));
        return registries;
    }

    public Task SaveAsync(RegistryConfiguration registry, CancellationToken cancellationToken) =>
        Unavailable.CallAsync(Unavailable.Tables, () => _table.UpsertEntityAsync(
            TableDocument.Of(Partition, registry.Host, registry), TableUpdateMode.Replace, cancellationToken));

    public async Task<bool> DeleteAsync(string host, CancellationToken cancellationToken) =>
        (await Unavailable.CallAsync(Unavailable.Tables, () => _table.DeleteEntityAsync(Partition, host, ETag.All, cancellationToken))).Status
            != (int)HttpStatusCode.NotFound;
}
