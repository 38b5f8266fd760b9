using Azure;
using Azure.Data.Tables;

namespace IoTBackend.Adapters.Shared;

/// <summary>One line of the change feed: something about <paramref name="Key"/> changed; <paramref name="Value"/> says what, where that is short.</summary>
/// <param name="At">When the store took it.</param>
public readonly record struct Change(string Topic, string Key, string? Value, DateTimeOffset At = default);

/// <summary>
/// What every instance should hear within seconds: registrations, key exceptions, desired versions.
/// Table <c>Changes</c>: partition = topic, row = <c>{unix ms, 15 digits}-{guid}</c>. Written after the change itself: an acknowledged
/// change is always heard, and a reader that hears of it finds it. What is new is told by the time the store gave a row, so that
/// no writer's or reader's clock matters; the table holds an hour, and a look at it scans that either way.
/// </summary>
public sealed class ChangeFeed(TableServiceClient tables, TimeProvider time)
{
    /// <summary>Rows older than this are removed; an instance reads the store itself when it starts.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(1);

    private readonly TableClient _table = tables.GetTableClient(TableNames.Changes);

    public Task AppendAsync(string topic, string key, string? value, CancellationToken cancellationToken)
    {
        var row = new TableEntity(topic, RowKey(time.GetUtcNow(), Guid.NewGuid().ToString("N"))) { ["Key"] = key };
        if (value is not null)
            row["Value"] = value;
        // Its key is its own: sent again after a lost answer it is the same line.
        return _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>What time it is for the store, in whole seconds rounded down.</summary>
    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken)
    {
        var nothing = _table.QueryAsync<TableEntity>(e => e.PartitionKey == "", cancellationToken: cancellationToken).AsPages();
        var page = await nothing.FirstAsync(cancellationToken);
        return TimeOf(page);
    }

    /// <summary>Rows that the store took at <paramref name="since"/> or later, over all topics, oldest first; the caller drops those it has seen.</summary>
    /// <returns>The rows, and the store's time when it was asked for them.</returns>
    public async Task<(List<(string RowKey, Change Change)> Rows, DateTimeOffset ReadAt)> ReadAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var pages = await _table.QueryAsync<TableEntity>(e => e.Timestamp >= since, cancellationToken: cancellationToken).AsPages().ToListAsync(cancellationToken);
        var rows = pages.SelectMany(page => page.Values).OrderBy(row => row.Timestamp);
        return ([.. rows.Select(row => (row.RowKey, new Change(row.PartitionKey, row.GetString("Key"), row.GetString("Value"), row.Timestamp ?? since)))], TimeOf(pages[0]));
    }

    /// <summary>Removes rows past <see cref="Retention"/>.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - Retention;
        await foreach (var row in _table.QueryAsync<TableEntity>(
            e => e.Timestamp < before, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
    }

    private static DateTimeOffset TimeOf(Page<TableEntity> page) =>
        page.GetRawResponse().Headers.Date ?? throw new InvalidDataException("The table service does not say what time it is.");

    private static string RowKey(DateTimeOffset time, string suffix) => $"{time.ToUnixTimeMilliseconds():D15}-{suffix}";
}
