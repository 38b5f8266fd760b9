using System.Net;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Core.Devices;

namespace IoTBackend.Adapters.Tables;

/// <summary>Device types; some dozens. Table <c>Models</c>: partition = <c>model</c>, row = name, <c>Document</c> = the <see cref="DeviceModel"/>.</summary>
public sealed class TableModels(TableServiceClient tables, ChangeFeed feed) : IModelStore
{
    public const string Topic = "models";

    private const string Partition = "model";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Models);

    public async Task<DeviceModel?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var response = await Unavailable.CallAsync(Unavailable.Tables, () =>
            _table.GetEntityIfExistsAsync<TableEntity>(Partition, name, cancellationToken: cancellationToken));
        return response.HasValue && response.Value is { } entity ? TableDocument.Read<DeviceModel>(entity) : null;
    }

    public async Task<IReadOnlyList<DeviceModel>> ListAsync(CancellationToken cancellationToken)
    {
        var models = new List<DeviceModel>();
        var rows = _table.QueryAsync<TableEntity>(e => e.PartitionKey == Partition, cancellationToken: cancellationToken);
        await foreach (var entity in Unavailable.Enumerate(Unavailable.Tables, rows, cancellationToken))
            models.Add(TableDocument.Read<DeviceModel>(entity));
        return models;
    }

    public async Task SaveAsync(DeviceModel model, CancellationToken cancellationToken)
    {
        await Unavailable.CallAsync(Unavailable.Tables, () => _table.UpsertEntityAsync(
            TableDocument.Of(Partition, model.Name, model), TableUpdateMode.Replace, cancellationToken));
        await feed.AppendAsync(Topic, model.Name, null, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var response = await Unavailable.CallAsync(Unavailable.Tables, () => _table.DeleteEntityAsync(Partition, name, ETag.All, cancellationToken));
        await feed.AppendAsync(Topic, name, null, cancellationToken);
        return response.Status != (int)HttpStatusCode.NotFound;
    }
}
