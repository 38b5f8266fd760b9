using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;

namespace IoTBackend.Adapters.Devices;

/// <summary>Device types; some dozens. Table <c>Models</c>: partition <c>model</c>, row = name, <c>Document</c> = the <see cref="DeviceModel"/>.</summary>
public sealed class TableModels(TableServiceClient tables, ChangeFeed feed) : IModelStore
{
    public const string Topic = "models";

    private readonly NamedDocuments<DeviceModel> _models = new(tables.GetTableClient(TableNames.Models), "model");

    public Task<DeviceModel?> FindAsync(string name, CancellationToken cancellationToken) => _models.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<DeviceModel>> ListAsync(CancellationToken cancellationToken) => _models.ListAsync(cancellationToken);

    public async Task SaveAsync(DeviceModel model, CancellationToken cancellationToken)
    {
        await _models.SaveAsync(model.Name, model, cancellationToken);
        await feed.AppendAsync(Topic, model.Name, null, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var existed = await _models.DeleteAsync(name, cancellationToken);
        await feed.AppendAsync(Topic, name, null, cancellationToken);
        return existed;
    }
}
