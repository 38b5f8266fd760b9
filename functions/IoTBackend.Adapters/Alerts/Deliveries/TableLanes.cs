using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>
/// Table <c>Lanes</c>: partition = channel, so that what is told leaves the lane and enters the history in one transaction.
/// <list type="table">
/// <item><term>row <c>lane</c></term><description>where the lane stands, <c>Document</c></description></item>
/// <item><term>row <c>p~{alert}</c></term><description>a notice that waits, <c>Document</c>; <c>NotBefore</c> where it is not to be told yet, <c>Urgent</c> where it is a critical beginning</description></item>
/// <item><term>row <c>t~{alert}~{told, unix ms, 15 digits}~{type}</c></term><description>what was told, <c>Document</c></description></item>
/// <item><term>row <c>x~{row}</c></term><description>one that waited and could not be read</description></item>
/// </list>
/// An alert here is <c>{raised, unix ms, 15 digits}~{subject}~{kind}</c>: the oldest first, so that the oldest go first.
/// </summary>
public sealed class TableLanes(TableServiceClient tables) : ILaneStore
{
    private const string LaneRow = "lane";
    private const string WaitingPrefix = "p~";
    private const string WaitingEnd = "p\u007f";
    private const string ToldPrefix = "t~";
    private const string DamagedPrefix = "x~";
    private const string NotBeforeColumn = "NotBefore";
    private const string UrgentColumn = "Urgent";

    /// <summary>Actions in an entity-group transaction, at most (Table service limit); two for each notice that is settled.</summary>
    private const int MaxActions = 100;

    private readonly TableClient _table = tables.GetTableClient(TableNames.Lanes);

    public async Task<StoredLane> ReadAsync(string channel, CancellationToken cancellationToken)
    {
        var row = await _table.FindAsync(channel, LaneRow, cancellationToken);
        return row is null ? new(new() { Channel = channel }, null) : new(TableDocument.Read<Lane>(row), row.ETag.ToString());
    }

    public async Task<StoredLane?> TrySaveAsync(StoredLane lane, CancellationToken cancellationToken)
    {
        var row = TableDocument.Of(lane.Lane.Channel, LaneRow, lane.Lane);
        try
        {
            var response = await (lane.Version is { } version
                ? _table.UpdateEntityAsync(row, new ETag(version), TableUpdateMode.Replace, cancellationToken)
                : _table.AddEntityAsync(row, cancellationToken));
            return lane with { Version = response.Headers.ETag.ToString() };
        }
        catch (RequestFailedException e) when (IsOther(e))
        {
            return null;
        }
    }

    public Task OweAsync(string channel, Notice notice, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(RowOf(channel, notice), TableUpdateMode.Replace, cancellationToken);

    public IAsyncEnumerable<LaneNotice> WaitingAsync(string channel, string? upTo, CancellationToken cancellationToken) => NoticesAsync(
        upTo is null ? Waiting(channel) : TableClient.CreateQueryFilter($"PartitionKey eq {channel} and RowKey ge {WaitingPrefix} and RowKey le {upTo}"), cancellationToken);

    public IAsyncEnumerable<LaneNotice> UrgentAsync(string channel, CancellationToken cancellationToken) =>
        NoticesAsync($"{Waiting(channel)} and {UrgentColumn} eq true", cancellationToken);

    public async Task<LaneNotice?> FindAsync(string channel, string alertId, CancellationToken cancellationToken) =>
        KeyOf(alertId) is { } key && await _table.FindAsync(channel, WaitingPrefix + key, cancellationToken) is { } row ? await NoticeOfAsync(row, cancellationToken) : null;

    public async Task<bool> IsWaitingAsync(string channel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(Waiting(channel), select: [NotBeforeColumn], cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (!(row.GetDateTimeOffset(NotBeforeColumn) > now))
                return true;
        }

        return false;
    }

    public async Task SettleAsync(string channel, IReadOnlyList<LaneNotice> notices, Telling telling, CancellationToken cancellationToken)
    {
        foreach (var some in notices.Chunk(MaxActions / 2))
        {
            try
            {
                await _table.SubmitAsync(
                    some.SelectMany(n => new TableTransactionAction[]
                    {
                        new(TableTransactionActionType.Delete, RowOf(channel, n.Notice), new(n.Version)),
                        new(TableTransactionActionType.UpsertReplace, ToldRow(channel, n, telling)),
                    }), cancellationToken);
            }
            catch (RequestFailedException e) when (IsOther(e))
            {
                foreach (var one in some)
                    await SettleOneAsync(channel, one, telling, cancellationToken);
            }
        }
    }

    public async Task PutBackAsync(string channel, LaneNotice notice, CancellationToken cancellationToken)
    {
        try
        {
            await _table.UpdateEntityAsync(
                RowOf(channel, notice.Notice), new(notice.Version), TableUpdateMode.Replace, cancellationToken);
        }
        catch (RequestFailedException e) when (IsOther(e))
        {
            // Replaced by what happened since, which is told in its place.
        }
    }

    public async Task<IReadOnlyList<Telling>> HistoryAsync(string channel, string alertId, CancellationToken cancellationToken)
    {
        if (KeyOf(alertId) is not { } key)
            return [];
        var (from, to) = ($"{ToldPrefix}{key}~", $"{ToldPrefix}{key}\u007f");
        var told = new List<Telling>();
        var rows = _table.QueryAsync<TableEntity>(e => e.PartitionKey == channel && e.RowKey.CompareTo(from) >= 0 && e.RowKey.CompareTo(to) < 0, cancellationToken: cancellationToken);
        await foreach (var row in rows)
            told.Add(TableDocument.Read<Telling>(row));
        return told;
    }

    public Task ForgetAsync(string channel, CancellationToken cancellationToken) =>
        RemoveAsync(TableClient.CreateQueryFilter($"PartitionKey eq {channel} and RowKey lt {WaitingEnd}"), cancellationToken);

    public Task TrimAsync(string channel, DateTimeOffset raisedBefore, CancellationToken cancellationToken)
    {
        var end = $"{ToldPrefix}{Milliseconds(raisedBefore)}";
        return RemoveAsync(TableClient.CreateQueryFilter($"PartitionKey eq {channel} and RowKey ge {ToldPrefix} and RowKey lt {end}"), cancellationToken);
    }

    private async Task SettleOneAsync(string channel, LaneNotice notice, Telling telling, CancellationToken cancellationToken)
    {
        await _table.UpsertEntityAsync(ToldRow(channel, notice, telling), TableUpdateMode.Replace, cancellationToken);
        try
        {
            var row = RowOf(channel, notice.Notice);
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, new(notice.Version), cancellationToken);
        }
        catch (RequestFailedException e) when (IsOther(e))
        {
            // It stays: something happened since, or is owed again by who died over it; then it is told under the same id.
        }
    }

    private async Task RemoveAsync(string filter, CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken);
        await foreach (var page in rows.Chunk(MaxActions))
        {
            await _table.SubmitAsync(
                page.Select(r => new TableTransactionAction(TableTransactionActionType.Delete, r, ETag.All)), cancellationToken);
        }
    }

    private static bool IsOther(RequestFailedException e) =>
        e.Status is (int)HttpStatusCode.NotFound or (int)HttpStatusCode.Conflict or (int)HttpStatusCode.PreconditionFailed;

    private static string Waiting(string channel) =>
        TableClient.CreateQueryFilter($"PartitionKey eq {channel} and RowKey ge {WaitingPrefix} and RowKey lt {WaitingEnd}");

    private static TableEntity RowOf(string channel, Notice notice)
    {
        var row = TableDocument.Of(channel, WaitingPrefix + KeyOf(notice.Alert.Id), AlertMessage.Fit(notice));
        if (notice.NotBefore is { } notBefore)
            row[NotBeforeColumn] = notBefore;
        if (LaneFlow.IsUrgent(notice))
            row[UrgentColumn] = true;
        return row;
    }

    private async IAsyncEnumerable<LaneNotice> NoticesAsync(string filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (await NoticeOfAsync(row, cancellationToken) is { } notice)
                yield return notice;
        }
    }

    /// <summary>Null = it cannot be read: it is put where a person may look at it, so that the others do not wait for it.</summary>
    private async Task<LaneNotice?> NoticeOfAsync(TableEntity row, CancellationToken cancellationToken)
    {
        if (TableDocument.TryRead<Notice>(row) is { } notice)
            return new(notice, row.ETag.ToString(), row.Timestamp ?? default, row.RowKey, 2 * row.GetString(TableDocument.Property).Length);
        await _table.UpsertEntityAsync(new TableEntity(row) { RowKey = DamagedPrefix + row.RowKey }, TableUpdateMode.Replace, cancellationToken);
        await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
        return null;
    }

    private static TableEntity ToldRow(string channel, LaneNotice notice, Telling telling) => TableDocument.Of(
        channel, $"{ToldPrefix}{KeyOf(notice.Notice.Alert.Id)}~{Milliseconds(telling.At)}~{notice.Notice.Type}", telling with { Type = notice.Notice.Type });

    private static string? KeyOf(string alertId) =>
        AlertKey.Parse(alertId) is { } key ? $"{Milliseconds(key.RaisedAt)}~{key.Subject}~{Core.Signals.AlertKinds.Name(key.Kind)}" : null;

    private static string Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture);
}
