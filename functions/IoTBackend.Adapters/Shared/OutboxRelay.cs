using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Adapters.Shared;

/// <summary>
/// Sends stored alert steps on and then removes them. A process that dies between the two sends again: the step's id makes
/// it one step.
/// </summary>
public sealed partial class OutboxRelay(IAlertQueue queue, ILogger<OutboxRelay> log)
{
    /// <summary>How the keys of its rows begin: before all others of a partition, so that one range query finds what is waiting.</summary>
    internal const string Prefix = "!o-";

    private const string AlertColumn = "Alert";

    /// <summary>Rows sent side by side from one place.</summary>
    private const int MaxAtOnce = 16;

    /// <summary>Actions in an entity-group transaction, at most (Table service limit).</summary>
    private const int MaxActions = 100;

    // What this process is sending: a sweep that comes by meanwhile leaves it alone.
    private readonly ConcurrentDictionary<(string Partition, string Row), bool> _underway = new();

    internal static TableEntity RowOf(string partition, AlertTransition alert) =>
        new(partition, Key(alert)) { [AlertColumn] = JsonSerializer.Serialize(alert, WireJson.Options) };

    internal static bool IsOutbox(TableEntity row) => row.RowKey.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Sends rows on, some at a time; what cannot be sent now is left to the sweep.</summary>
    internal async Task TrySendAsync(TableClient table, IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        var mine = rows.Where(r => _underway.TryAdd(Key(r), true)).ToList();
        var sent = new ConcurrentBag<TableEntity>();
        try
        {
            try
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(mine, parallel, async (row, cancellation) =>
                {
                    await SendAsync(row, cancellation);
                    sent.Add(row);
                });
            }
            finally
            {
                foreach (var partition in sent.GroupBy(r => r.PartitionKey))
                    await RemoveAsync(table, [.. partition], cancellationToken);
            }
        }
        catch (UnavailableException e)
        {
            LogLeft(log, e.Service);
        }
        finally
        {
            mine.ForEach(r => _underway.TryRemove(Key(r), out _));
        }
    }

    private async Task SendAsync(TableEntity row, CancellationToken cancellationToken)
    {
        if (Read(row) is { } step)
            await queue.EnqueueAsync(step, cancellationToken);
        else
            // It can never be sent, and would keep its whole shard from being swept; its key says what it was about.
            LogUnreadable(log, row.RowKey);
    }

    private static AlertTransition? Read(TableEntity row)
    {
        try
        {
            return row.TryGetValue(AlertColumn, out var value) && value is string text ? JsonSerializer.Deserialize<AlertTransition>(text, WireJson.Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task RemoveAsync(TableClient table, IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        foreach (var some in rows.Chunk(MaxActions))
        {
            try
            {
                await table.SubmitAsync(some.Select(r => new TableTransactionAction(TableTransactionActionType.Delete, r, ETag.All)), cancellationToken);
            }
            catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
            {
                // Another process has sent one of them as well, and refuses all by that.
                foreach (var row in some)
                    await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
            }
        }
    }

    // Table keys may not hold / \ # ?; device ids and kinds do not, groups may.
    private static string Key(AlertTransition alert) =>
        $"{Prefix}{Uri.EscapeDataString(alert.AlertId).Replace('%', '$')}-{alert.Change}-{alert.At.ToUnixTimeMilliseconds()}";

    private static (string Partition, string Row) Key(TableEntity row) => (row.PartitionKey, row.RowKey);

    [LoggerMessage(1, LogLevel.Warning, "Alerts stay in the outbox until the next sweep ({Service} is unavailable)")]
    private static partial void LogLeft(ILogger log, string service);

    [LoggerMessage(4, LogLevel.Error, "An alert's step in the outbox cannot be read and is given up: {Row}")]
    private static partial void LogUnreadable(ILogger log, string row);

    internal void LogDamagedGroup(string group, Exception reason) => LogDamagedGroup(log, group, reason);

    [LoggerMessage(5, LogLevel.Error, "What is stored of group {Group} cannot be read; it begins anew with who is silent now")]
    private static partial void LogDamagedGroup(ILogger log, string group, Exception reason);

    internal void LogRefusedGroup(string group, Exception reason) => LogRefusedGroup(log, group, reason);

    [LoggerMessage(3, LogLevel.Error, "The store refuses for good what group {Group} changes; its outages are not told")]
    private static partial void LogRefusedGroup(ILogger log, string group, Exception reason);

    internal void LogRefused(string deviceId, Exception reason) => LogRefused(log, deviceId, reason);

    [LoggerMessage(2, LogLevel.Error, "The store refuses for good what device {DeviceId} changes; its events become dead letters")]
    private static partial void LogRefused(ILogger log, string deviceId, Exception reason);
}
