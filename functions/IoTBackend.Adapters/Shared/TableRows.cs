using Azure;
using Azure.Data.Tables;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>Reads and writes of single rows, the way most stores here need them.</summary>
internal static class TableRows
{
    public static async Task<TableEntity?> FindAsync(this TableClient table, string partition, string row, CancellationToken cancellationToken)
    {
        var response = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
        return response.HasValue ? response.Value : null;
    }

    /// <summary>Which write made a row: tells a writer its own one.</summary>
    private const string Write = "Write";

    /// <summary>
    /// Adds (<paramref name="version"/> null) or replaces what was read as that version; false = somebody else was faster. The client sends a
    /// write again whose answer was lost, and the store refuses it then because it has it already: that is no other's.
    /// </summary>
    public static async Task<bool> TrySaveAsync(this TableClient table, TableEntity entity, string? version, CancellationToken cancellationToken)
    {
        var write = Guid.NewGuid().ToString("N");
        entity[Write] = write;
        try
        {
            await (version is null
                ? table.AddEntityAsync(entity, cancellationToken)
                : table.UpdateEntityAsync(entity, new ETag(version), TableUpdateMode.Replace, cancellationToken));
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return await table.FindAsync(entity.PartitionKey, entity.RowKey, cancellationToken) is { } there && there.GetString(Write) == write;
        }
    }

    /// <summary>An entity-group transaction. Its answer is 202 even where it says that a row's write met a service that is too busy.</summary>
    public static async Task<IReadOnlyList<Response>> SubmitAsync(
        this TableClient table, IEnumerable<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            return (await table.SubmitTransactionAsync(actions, cancellationToken)).Value;
        }
        catch (TableTransactionFailedException e) when (Unavailable.IsTransient(e))
        {
            throw new UnavailableException(Unavailable.Tables, e);
        }
    }
}
