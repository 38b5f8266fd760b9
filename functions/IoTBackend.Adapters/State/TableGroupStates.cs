using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.State;

/// <summary>
/// Table <c>Groups</c>: partition = the group's name (escaped), row <c>state</c> and, on their way out, its alerts in the outbox's rows.
/// Only groups in which somebody is silent have rows.
/// </summary>
public sealed class TableGroupStates(TableServiceClient tables, OutboxRelay outbox) : IGroupStates
{
    private const string StateRow = "state";
    private const string StateColumn = "State";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Groups);

    public async Task<IReadOnlyList<GroupRow>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await _table.QueryAsync<TableEntity>(cancellationToken: cancellationToken).ToListAsync(cancellationToken);
        await outbox.TrySendAsync(_table, [.. rows.Where(OutboxRelay.IsOutbox)], cancellationToken);
        return [.. rows.Where(r => r.RowKey == StateRow).Select(RowOf)];
    }

    public async Task<bool> TryCommitAsync(GroupRow row, IReadOnlyList<AlertTransition> alerts, CancellationToken cancellationToken)
    {
        // Table keys may not hold / \ # ?.
        var partition = Uri.EscapeDataString(row.Group).Replace('%', '$');
        var entity = new TableEntity(partition, StateRow);
        BinaryColumns.Write(entity, StateColumn, row.State.Write());
        var outgoing = alerts.Select(a => OutboxRelay.RowOf(partition, a)).DistinctBy(a => a.RowKey).ToList();
        TableTransactionAction own = row switch
        {
            { Version: null } => new(TableTransactionActionType.Add, entity),
            { State.IsEmpty: true } => new(TableTransactionActionType.Delete, entity, new ETag(row.Version)),
            _ => new(TableTransactionActionType.UpdateReplace, entity, new ETag(row.Version)),
        };
        try
        {
            await _table.SubmitAsync(
                [own, .. outgoing.Select(a => new TableTransactionAction(TableTransactionActionType.UpsertReplace, a))], cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
        catch (Exception e) when (EntityGroup.IsRefusedForGood(e))
        {
            // Told, and as if somebody had been faster: the other groups do not wait for this one.
            outbox.LogRefusedGroup(row.Group, e);
            return false;
        }

        await outbox.TrySendAsync(_table, outgoing, cancellationToken);
        return true;
    }

    private GroupRow RowOf(TableEntity row)
    {
        var group = Uri.UnescapeDataString(row.PartitionKey.Replace('$', '%'));
        try
        {
            return new(group, GroupOutageState.Read(BinaryColumns.Read(row, StateColumn)), row.ETag.ToString());
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidDataException or InvalidOperationException or ArgumentException or NullReferenceException)
        {
            // The other groups do not wait for this one.
            outbox.LogDamagedGroup(group, e);
            return new(group, new(), row.ETag.ToString());
        }
    }
}
