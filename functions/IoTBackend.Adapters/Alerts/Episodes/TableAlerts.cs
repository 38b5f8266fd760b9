using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Changes;

namespace IoTBackend.Adapters.Alerts.Episodes;

/// <summary>
/// Alerts, in three orders.
/// <list type="table">
/// <item><term>Table <c>Alerts</c>, partition <c>s~{subject}</c>, row <c>{raised, newest first}~{kind}</c></term><description>the alert itself, <c>Document</c>; a device's history is one partition</description></item>
/// <item><term>Table <c>Alerts</c>, partition <c>t~{raised's day, newest first}</c>, row <c>{raised, newest first}~{subject}~{kind}</c></term><description><c>AlertId</c>: the whole history by time</description></item>
/// <item><term>Table <c>OpenAlerts</c>, partition <c>{subject}</c>, row <c>{raised, newest first}~{kind}</c></term><description>a copy of those that are not cleared</description></item>
/// </list>
/// </summary>
public sealed class TableAlerts(TableServiceClient tables, ICommentStore comments, IChangeNotes notes) : IAlertStore
{
    private const int MaxAttempts = 8;

    /// <summary>A line of the history leads to an alert elsewhere: so many are read at once.</summary>
    private const int ReadAtOnce = 20;

    private readonly TableClient _alerts = tables.GetTableClient(TableNames.Alerts);
    private readonly TableClient _open = tables.GetTableClient(TableNames.OpenAlerts);

    /// <summary>Alerts of history that are looked at for one page, whatever is asked for.</summary>
    internal int MaxLooked { get; init; } = 2000;

    public async Task<StoredAlert?> FindAsync(string alertId, CancellationToken cancellationToken)
    {
        if (AlertKey.Parse(alertId) is not { } key)
            return null;
        return await _alerts.FindAsync(key.Partition, key.Row, cancellationToken) is { } row ? new(TableDocument.Read<Alert>(row), row.ETag.ToString()) : null;
    }

    public async Task<bool> TrySaveAsync(StoredAlert alert, CancellationToken cancellationToken)
    {
        var key = KeyOf(alert.Alert.Id);
        // The line in the history first: one that leads nowhere is passed over, an alert without one would not be found.
        if (alert.Version is null)
            await _alerts.UpsertEntityAsync(
                new TableEntity(key.DayPartition, key.DayRow) { ["AlertId"] = alert.Alert.Id }, TableUpdateMode.Replace, cancellationToken);
        return await _alerts.TrySaveAsync(TableDocument.Of(key.Partition, key.Row, alert.Alert), alert.Version, cancellationToken);
    }

    public async Task ListOpenOrNotAsync(string alertId, CancellationToken cancellationToken)
    {
        var key = KeyOf(alertId);
        var stored = await FindAsync(alertId, cancellationToken);
        for (var attempt = 0; stored is not null && attempt < MaxAttempts; attempt++)
        {
            if (stored.Alert.State == AlertState.Cleared)
                await _open.DeleteEntityAsync(key.Subject, key.Row, ETag.All, cancellationToken);
            else
                await _open.UpsertEntityAsync(
                    TableDocument.Of(key.Subject, key.Row, stored.Alert), TableUpdateMode.Replace, cancellationToken);
            // Whoever wrote meanwhile may have been here before this copy was.
            var now = await FindAsync(alertId, cancellationToken);
            if (now?.Version == stored.Version)
            {
                await notes.NoteAsync(ChangeKinds.Alerts, cancellationToken);
                return;
            }

            stored = now;
        }
    }

    public IAsyncEnumerable<Alert> ListOpenAsync(CancellationToken cancellationToken) => ReadAsync(_open, "", cancellationToken);

    public async Task<IReadOnlyList<Alert>> ListOpenAsync(string deviceId, CancellationToken cancellationToken) =>
        await ReadAsync(_open, TableClient.CreateQueryFilter($"PartitionKey eq {TableKey.Escape(deviceId)}"), cancellationToken).ToListAsync(cancellationToken);

    public Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken) => query switch
    {
        { State: AlertState.Open or AlertState.Acknowledged } => OpenAsync(query, cancellationToken),
        { DeviceId: { } deviceId } => PageAsync(ReadAsync(_alerts, AfterIn(AlertKey.SubjectPartition(deviceId), query.After), cancellationToken), query, cancellationToken),
        _ => PageAsync(HistoryAsync(query.After, cancellationToken), query, cancellationToken),
    };

    public async Task TrimAsync(DateTimeOffset raisedBefore, CancellationToken cancellationToken)
    {
        // Days sort the newest first, so what is old lies at the end.
        var day = AlertKey.DayPrefix + TableKey.NewestFirst(new(raisedBefore.UtcDateTime.Date, TimeSpan.Zero));
        var lines = _alerts.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey gt {day} and PartitionKey lt {AlertKey.DayEnd}"), cancellationToken: cancellationToken);
        await foreach (var line in lines)
        {
            var id = line.GetString("AlertId");
            if (await FindAsync(id, cancellationToken) is { Alert.ClearedAt: null })
                continue;
            var key = KeyOf(id);
            await comments.RemoveAsync(id, cancellationToken);
            await _alerts.DeleteEntityAsync(key.Partition, key.Row, ETag.All, cancellationToken);
            // The line last: who dies before finds it again.
            await _alerts.DeleteEntityAsync(line.PartitionKey, line.RowKey, ETag.All, cancellationToken);
        }
    }

    private async Task<AlertPage> OpenAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        var filter = query.DeviceId is { } deviceId ? TableClient.CreateQueryFilter($"PartitionKey eq {TableKey.Escape(deviceId)}") : "";
        var found = new List<Alert>();
        await foreach (var alert in ReadAsync(_open, filter, cancellationToken))
        {
            if (query.Fits(alert))
                found.Add(alert);
        }

        List<Alert> page = [.. found.Select(a => (Alert: a, Position: PositionOf(a))).OrderBy(a => a.Position, StringComparer.Ordinal)
            .Where(a => query.After is null || string.CompareOrdinal(a.Position, query.After) > 0).Take(query.Top + 1).Select(a => a.Alert)];
        return page.Count <= query.Top ? new(page, null) : new(page[..query.Top], PositionOf(page[query.Top - 1]));
    }

    private async IAsyncEnumerable<Alert> HistoryAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = after is null || AlertKey.DayOf(after) is not { } day
            ? TableClient.CreateQueryFilter($"PartitionKey ge {AlertKey.DayPrefix} and PartitionKey lt {AlertKey.DayEnd}")
            : TableClient.CreateQueryFilter(
                $"(PartitionKey eq {day} and RowKey gt {after}) or (PartitionKey gt {day} and PartitionKey lt {AlertKey.DayEnd})");
        var rows = _alerts.QueryAsync<TableEntity>(filter, maxPerPage: 100, cancellationToken: cancellationToken);
        await foreach (var lines in rows.Chunk(ReadAtOnce).WithCancellation(cancellationToken))
        {
            foreach (var stored in await Task.WhenAll(lines.Select(line => FindAsync(line.GetString("AlertId"), cancellationToken))))
            {
                if (stored is not null)
                    yield return stored.Alert;
            }
        }
    }

    private static async IAsyncEnumerable<Alert> ReadAsync(TableClient table, string filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken);
        await foreach (var entity in rows)
        {
            // A damaged copy costs this one alone: the alert itself says so where it is asked for.
            if (TableDocument.TryRead<Alert>(entity) is { } alert)
                yield return alert;
        }
    }

    private async Task<AlertPage> PageAsync(IAsyncEnumerable<Alert> newestFirst, AlertQuery query, CancellationToken cancellationToken)
    {
        var found = new List<Alert>();
        var (looked, last) = (0, default(Alert));
        await foreach (var alert in newestFirst.WithCancellation(cancellationToken))
        {
            if (alert.RaisedAt < query.Since)
                break;
            if (looked++ == MaxLooked && last is not null)
                return new(found, PositionOf(last));
            last = alert;
            if (!query.Fits(alert))
                continue;
            // There is a next page as soon as there is one more.
            if (found.Count == query.Top)
                return new(found, PositionOf(found[^1]));
            found.Add(alert);
        }

        return new(found, null);
    }

    private static string AfterIn(string partition, string? after) => after is null
        ? TableClient.CreateQueryFilter($"PartitionKey eq {partition}")
        : TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {AlertKey.RowOf(after)}");

    private static string PositionOf(Alert alert) => KeyOf(alert.Id).DayRow;

    private static AlertKey KeyOf(string alertId) =>
        AlertKey.Parse(alertId) ?? throw new ArgumentException("Not an alert's id.", nameof(alertId));
}
