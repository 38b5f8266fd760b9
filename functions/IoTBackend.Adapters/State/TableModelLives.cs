using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.State;

/// <summary>Table <c>Models</c>: partition <c>lives</c>, row = the model's name, <c>Lives</c> = what its batteries taught, under 5 KB.</summary>
public sealed class TableModelLives(TableServiceClient tables) : IModelLives
{
    private const string Partition = "lives";
    private const string Column = "Lives";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Models);

    public async Task<byte[]?> FindAsync(string model, CancellationToken cancellationToken)
    {
        var response = await _table.GetEntityIfExistsAsync<TableEntity>(Partition, model, cancellationToken: cancellationToken);
        return response.HasValue && response.Value is { } entity ? entity.GetBinary(Column) : null;
    }

    public Task SaveAsync(string model, byte[] lives, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(new TableEntity(Partition, model) { [Column] = lives }, TableUpdateMode.Replace, cancellationToken);
}
