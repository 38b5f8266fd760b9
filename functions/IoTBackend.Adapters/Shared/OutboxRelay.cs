using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Alerts.Episodes;
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
    private const string AlertColumn = "Alert";

    internal static TableEntity RowOf(string partition, AlertTransition alert) =>
        new(partition, DeviceStateKeys.Outbox(alert)) { [AlertColumn] = JsonSerializer.Serialize(alert, WireJson.Options) };

    internal static bool IsOutbox(TableEntity row) => row.RowKey.StartsWith(DeviceStateKeys.OutboxPrefix, StringComparison.Ordinal);

    internal async Task SendAsync(TableClient table, IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
        {
            var alert = JsonSerializer.Deserialize<AlertTransition>(row.GetString(AlertColumn), WireJson.Options)
                ?? throw new InvalidDataException($"Outbox row {row.RowKey} holds no alert.");
            await queue.EnqueueAsync(alert, cancellationToken);
            await Unavailable.CallAsync(Unavailable.Tables, () => table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken));
        }
    }

    /// <summary>As <see cref="SendAsync"/>, right after a commit; what cannot be sent now is left to the sweep.</summary>
    internal async Task TrySendAsync(TableClient table, IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(table, rows, cancellationToken);
        }
        catch (UnavailableException e)
        {
            LogLeft(log, e.Service);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Alerts stay in the outbox until the next sweep ({Service} is unavailable)")]
    private static partial void LogLeft(ILogger log, string service);
}
