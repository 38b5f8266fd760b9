using System.Net;
using Azure;
using Azure.Data.Tables;

namespace IoTBackend.Adapters.Shared;

/// <summary>Documents that an operator names, all in one partition.</summary>
internal sealed class NamedDocuments<T>(TableClient table, string partition)
    where T : class
{
    public async Task<T?> FindAsync(string name, CancellationToken cancellationToken) =>
        await table.FindAsync(partition, name, cancellationToken) is { } row ? TableDocument.Read<T>(row) : null;

    public async Task<IReadOnlyList<T>> ListAsync(CancellationToken cancellationToken, int top = int.MaxValue)
    {
        var documents = new List<T>();
        var rows = table.QueryAsync<TableEntity>(e => e.PartitionKey == partition, cancellationToken: cancellationToken);
        await foreach (var entity in rows)
        {
            documents.Add(TableDocument.Read<T>(entity));
            if (documents.Count == top)
                break;
        }

        return documents;
    }

    public Task SaveAsync(string name, T document, CancellationToken cancellationToken) =>
        table.UpsertEntityAsync(
            TableDocument.Of(partition, name, document), TableUpdateMode.Replace, cancellationToken);

    /// <summary>False = there was none.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var response = await table.DeleteEntityAsync(partition, name, ETag.All, cancellationToken);
        return response.Status != (int)HttpStatusCode.NotFound;
    }
}
