using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Desired;

/// <summary>Table <c>Deliveries</c>: partition = device id, row = <c>desired</c>, <c>Document</c> = the <see cref="MessageDelivery"/>.</summary>
public sealed class TableMessageDeliveries(TableServiceClient tables) : IMessageDeliveries
{
    private const string Row = "desired";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Deliveries);

    public async Task<Versioned<MessageDelivery>?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
        await _table.FindAsync(deviceId, Row, cancellationToken) is { } row ? new(TableDocument.Read<MessageDelivery>(row), row.ETag.ToString()) : null;

    public Task<bool> TrySaveAsync(string deviceId, MessageDelivery delivery, string? version, CancellationToken cancellationToken) =>
        _table.TrySaveAsync(TableDocument.Of(deviceId, Row, delivery), version, cancellationToken);
}
