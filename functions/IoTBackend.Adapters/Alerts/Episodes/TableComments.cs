using System.Globalization;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Adapters.Alerts.Episodes;

/// <summary>Comments. Table <c>AlertComments</c>: partition = alert id (escaped), row <c>{unix ms, 15 digits}~{random}</c>, <c>Document</c> = the <see cref="Comment"/>.</summary>
public sealed class TableComments(TableServiceClient tables) : ICommentStore
{
    private readonly TableClient _table = tables.GetTableClient(TableNames.AlertComments);

    public Task AddAsync(string alertId, Comment comment, CancellationToken cancellationToken)
    {
        var row = string.Create(CultureInfo.InvariantCulture, $"{comment.At.ToUnixTimeMilliseconds():D15}~{Guid.NewGuid():n}");
        return _table.UpsertEntityAsync(TableDocument.Of(TableKey.Escape(alertId), row, comment), TableUpdateMode.Replace, cancellationToken);
    }

    public async Task<IReadOnlyList<Comment>> ListAsync(string alertId, CancellationToken cancellationToken) =>
        [.. (await RowsAsync(alertId, cancellationToken)).Select(TableDocument.Read<Comment>)];

    public async Task RemoveAsync(string alertId, CancellationToken cancellationToken)
    {
        foreach (var row in await RowsAsync(alertId, cancellationToken))
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
    }

    private async Task<List<TableEntity>> RowsAsync(string alertId, CancellationToken cancellationToken)
    {
        var partition = TableKey.Escape(alertId);
        var rows = _table.QueryAsync<TableEntity>(e => e.PartitionKey == partition, cancellationToken: cancellationToken);
        return await rows.ToListAsync(cancellationToken);
    }
}
