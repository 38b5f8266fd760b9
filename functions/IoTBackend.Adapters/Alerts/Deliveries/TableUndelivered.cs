using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>
/// What was given up. Table <c>DeadDeliveries</c>: partition <c>delivery</c>, row <c>{given up, newest first}~{message id}</c>, which
/// is also its id in the API; <c>Document</c> = the <see cref="Undelivered"/>.
/// </summary>
public sealed class TableUndelivered(TableServiceClient tables) : IUndelivered
{
    private const string Partition = "delivery";
    private const int MaxActions = 100;

    private readonly TableClient _table = tables.GetTableClient(TableNames.DeadDeliveries);

    public async Task AddAsync(IReadOnlyList<Undelivered> given, CancellationToken cancellationToken)
    {
        foreach (var some in given.Select(g => TableDocument.Of(Partition, $"{TableKey.NewestFirst(g.At)}~{g.Notice.IdFor(g.Channel)}", g)).Chunk(MaxActions))
        {
            await _table.SubmitAsync(
                some.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), cancellationToken);
        }
    }

    public async Task<IReadOnlyList<Undelivered>> ListAsync(string? channel, int top, CancellationToken cancellationToken)
    {
        var found = new List<Undelivered>();
        await foreach (var given in ReadAsync($"PartitionKey eq '{Partition}'", cancellationToken))
        {
            if (channel is null || given.Channel == channel)
                found.Add(given);
            if (found.Count == top)
                break;
        }

        return found;
    }

    public async Task<Undelivered?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var row = await _table.FindAsync(Partition, id, cancellationToken);
        return row is null ? null : Read(row);
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, id, ETag.All, cancellationToken);

    public async Task TrimAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var end = TableKey.NewestFirst(before);
        await foreach (var given in ReadAsync(TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey gt {end}"), cancellationToken))
        {
            // Rows of version 0.1 have no time in their key and lie behind those that have.
            if (given.At < before)
                await RemoveAsync(given.Id, cancellationToken);
        }
    }

    private async IAsyncEnumerable<Undelivered> ReadAsync(string filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (Read(row) is { } given)
                yield return given;
        }
    }

    private static Undelivered? Read(TableEntity row) =>
        OldDelivery.FromDeadDelivery(row.GetString(TableDocument.Property)) is { } old
            ? old with { Id = row.RowKey }
            : TableDocument.Read<Undelivered>(row) with { Id = row.RowKey };
}
