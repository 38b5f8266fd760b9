using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.State;

/// <summary>A shard while this process holds it. See <see cref="DeviceStateKeys"/> for its rows.</summary>
internal sealed class TableDeviceShard(TableClient table, OutboxRelay outbox, DamagedStates damaged, int shard, ShardCache cache) : IDeviceShard
{
    private readonly string _partition = DeviceStateKeys.Shard(shard);
    private readonly List<TableEntity> _outgoing = [];

    public async ValueTask<DeviceRecord> GetAsync(string deviceId, CancellationToken cancellationToken)
    {
        if (cache.Devices.TryGetValue(deviceId, out var cached))
            return cached.Record;
        if (cache.IsWhole)
            return default;
        if (await table.FindAsync(_partition, DeviceStateKeys.Device(deviceId), cancellationToken) is not { } row)
            return default;
        if (!StateColumns.TryRead(row, out var record, out var damage))
            await damaged.KeepAsync(shard, [(row, damage)], cancellationToken);
        cache.Devices[deviceId] = CachedDevice.Of(record, row.ETag);
        return record;
    }

    public async Task<IReadOnlyList<string>> DueAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        var end = DeviceStateKeys.DueEnd(until);
        var waiting = await table.QueryAsync<TableEntity>(
            e => e.PartitionKey == _partition && e.RowKey.CompareTo(OutboxRelay.Prefix) >= 0 && e.RowKey.CompareTo(end) < 0,
            cancellationToken: cancellationToken).ToListAsync(cancellationToken);

        _outgoing.AddRange(waiting.Where(OutboxRelay.IsOutbox));

        var due = new List<string>();
        foreach (var row in waiting.Where(r => r.RowKey.StartsWith(DeviceStateKeys.DuePrefix, StringComparison.Ordinal)))
        {
            var deviceId = DeviceStateKeys.DeviceIdOfDue(row.RowKey);
            if (await IsCurrentAsync(deviceId, row.RowKey, cancellationToken))
                due.Add(deviceId);
            else
                await table.DeleteEntityAsync(_partition, row.RowKey, ETag.All, cancellationToken);
        }

        return due;
    }

    public async Task<bool> TryCommitAsync(IReadOnlyCollection<DeviceChange> changes, CancellationToken cancellationToken)
    {
        var refused = new List<RefusedChange>();
        foreach (var part in EntityGroup.Pack(changes.Select(c => (Change: c, Rows: RowsOf(c))), c => c.Rows.Actions))
        {
            if (!await SubmitAsync(part, refused, cancellationToken))
                return false;
        }

        return refused.Count == 0 ? true : throw new ChangesRefusedException(refused);
    }

    public async Task RemoveAsync(string deviceId, CancellationToken cancellationToken)
    {
        await GetAsync(deviceId, cancellationToken);
        if (!cache.Devices.Remove(deviceId, out var cached))
            return;
        if (cached.DueAt is { } due)
            await table.DeleteEntityAsync(_partition, DeviceStateKeys.Due(due, deviceId), ETag.All, cancellationToken);
        await table.DeleteEntityAsync(_partition, DeviceStateKeys.Device(deviceId), ETag.All, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        cache.Lock.Release();
        await outbox.TrySendAsync(table, _outgoing, CancellationToken.None);
    }

    /// <summary>One transaction; what the store refuses for good is halved until it is one device's change.</summary>
    private async Task<bool> SubmitAsync(List<(DeviceChange Change, DeviceRows Rows)> part, List<RefusedChange> refused, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await table.SubmitAsync(part.SelectMany(p => p.Rows.Actions), cancellationToken);
            var action = 0;
            foreach (var (change, rows) in part)
            {
                cache.Devices[change.DeviceId] = new(rows.State, change.Record.DueAt, answers[action].Headers.ETag
                    ?? throw new InvalidDataException("The store named no version of what it stored."));
                action += rows.Actions.Count;
                _outgoing.AddRange(rows.Alerts);
            }

            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            // A row of the due-index that is gone would refuse the same transaction for ever: put it back to be moved.
            if (e.Status == 404)
                await RestoreDueRowsAsync(part.Select(p => p.Change.DeviceId), cancellationToken);
            cache.Forget();
            return false;
        }
        catch (Exception e) when (EntityGroup.IsRefusedForGood(e))
        {
            if (part.Count > 1)
                return await SubmitAsync(part[..(part.Count / 2)], refused, cancellationToken) && await SubmitAsync(part[(part.Count / 2)..], refused, cancellationToken);
            refused.Add(new(part[0].Change.DeviceId, EntityGroup.ReasonOf(e)));
            outbox.LogRefused(part[0].Change.DeviceId, e);
            return true;
        }
        catch
        {
            // It may have been stored all the same: nothing that is remembered can be trusted.
            cache.Forget();
            throw;
        }
    }

    /// <summary>The device's own row first, then its alerts, then its place in the due-index where that moved.</summary>
    private DeviceRows RowsOf(DeviceChange change)
    {
        var state = change.Record.ToBytes();
        var before = cache.Devices.GetValueOrDefault(change.DeviceId);
        var row = new TableEntity(_partition, DeviceStateKeys.Device(change.DeviceId));
        StateColumns.Write(row, state);
        if (TableDeviceStates.ImageOf(change.Record) is { } image)
            row[TableDeviceStates.ImageColumn] = image;
        if (TableDeviceStates.OtherImagesOf(change.Record) is { } others)
            row[TableDeviceStates.OtherImagesColumn] = others;
        var alerts = change.Alerts.Select(a => OutboxRelay.RowOf(_partition, a)).ToList();
        var actions = new List<TableTransactionAction>(3 + alerts.Count)
        {
            before is { Tag: var tag }
                ? new(TableTransactionActionType.UpdateReplace, row, tag)
                : new(TableTransactionActionType.Add, row),
        };
        actions.AddRange(alerts.Select(a => new TableTransactionAction(TableTransactionActionType.UpsertReplace, a)));
        // Compared as keys: two times may share one.
        var from = before?.DueAt is { } was ? DeviceStateKeys.Due(was, change.DeviceId) : null;
        var to = change.Record.DueAt is { } due ? DeviceStateKeys.Due(due, change.DeviceId) : null;
        if (from != to && from is not null)
            actions.Add(new(TableTransactionActionType.Delete, new TableEntity(_partition, from), ETag.All));
        if (from != to && to is not null)
            actions.Add(new(TableTransactionActionType.UpsertReplace, new TableEntity(_partition, to)));
        return new(state, alerts, actions);
    }

    private sealed record DeviceRows(byte[] State, List<TableEntity> Alerts, List<TableTransactionAction> Actions);

    private async Task RestoreDueRowsAsync(IEnumerable<string> deviceIds, CancellationToken cancellationToken)
    {
        foreach (var deviceId in deviceIds)
        {
            if (cache.Devices.TryGetValue(deviceId, out var known) && known.DueAt is { } due)
                await table.UpsertEntityAsync(new TableEntity(_partition, DeviceStateKeys.Due(due, deviceId)), cancellationToken: cancellationToken);
        }
    }

    /// <summary>False for an index row that was left behind; asks the store where memory disagrees.</summary>
    private async Task<bool> IsCurrentAsync(string deviceId, string dueKey, CancellationToken cancellationToken)
    {
        for (var fresh = false; ; fresh = true)
        {
            var record = await GetAsync(deviceId, cancellationToken);
            if (record.DueAt is { } due && DeviceStateKeys.Due(due, deviceId) == dueKey)
                return true;
            if (fresh)
                return false;
            cache.Devices.Remove(deviceId);
            cache.IsWhole = false;
        }
    }
}
