using Azure;
using Azure.Data.Tables;

namespace IoTBackend.Adapters.Shared;

/// <summary>Reads and writes of single rows, the way most stores here need them.</summary>
internal static class TableRows
{
    public static async Task<TableEntity?> FindAsync(this TableClient table, string partition, string row, CancellationToken cancellationToken)
    {
        var response = await Unavailable.CallAsync(Unavailable.Tables, () =>
            table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken));
        return response.HasValue ? response.Value : null;
    }

    /// <summary>Adds (<paramref name="version"/> null) or replaces what was read as that version; false = somebody else was faster.</summary>
    public static async Task<bool> TrySaveAsync(this TableClient table, TableEntity entity, string? version, CancellationToken cancellationToken)
    {
        try
        {
            await Unavailable.CallAsync(Unavailable.Tables, () => version is null
                ? table.AddEntityAsync(entity, cancellationToken)
                : table.UpdateEntityAsync(entity, new ETag(version), TableUpdateMode.Replace, cancellationToken));
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
    }
}
