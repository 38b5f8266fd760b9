using Azure.Data.Tables;

namespace IoTBackend.Adapters.Shared;

/// <summary>One line of the change feed: something about <paramref name="Key"/> changed; <paramref name="Value"/> says what, where that is short.</summary>
public readonly record struct Change(string Topic, string Key, string? Value);

/// <summary>
/// What every instance should hear within seconds: registrations, key exceptions, desired versions.
/// Table <c>Changes</c>: partition = topic, row = <c>{unix ms, 15 digits}-{guid}</c>, so a reader asks only for what is new.
/// Written after the change itself: an acknowledged change is always heard, and a reader that hears of it finds it.
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
        return Unavailable.CallAsync(Unavailable.Tables, () => _table.AddEntityAsync(row, cancellationToken));
    }

    /// <summary>Rows from <paramref name="since"/> on, over all topics; the caller drops those it has seen.</summary>
    public async Task<List<(string RowKey, Change Change)>> ReadAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var from = RowKey(since, "");
        var rows = new List<(string, Change)>();
        await Unavailable.CallAsync(Unavailable.Tables, async () =>
        {
            await foreach (var row in _table.QueryAsync<TableEntity>(e => e.RowKey.CompareTo(from) >= 0, cancellationToken: cancellationToken))
                rows.Add((row.RowKey, new(row.PartitionKey, row.GetString("Key"), row.GetString("Value"))));
        });
        return rows;
    }

    /// <summary>Removes rows past <see cref="Retention"/>.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var before = RowKey(time.GetUtcNow() - Retention, "");
        await Unavailable.CallAsync(Unavailable.Tables, async () =>
        {
            await foreach (var row in _table.QueryAsync<TableEntity>(
                e => e.RowKey.CompareTo(before) < 0, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
                await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, Azure.ETag.All, cancellationToken);
        });
    }

    private static string RowKey(DateTimeOffset time, string suffix) => $"{time.ToUnixTimeMilliseconds():D15}-{suffix}";
}
