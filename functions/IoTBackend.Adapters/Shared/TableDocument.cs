using System.Text.Json;
using Azure.Data.Tables;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>A record as JSON in the property <c>Document</c> (a table's string holds 32,767 characters).</summary>
internal static class TableDocument
{
    public const string Property = "Document";

    public static T Read<T>(TableEntity entity)
        where T : class =>
        JsonSerializer.Deserialize<T>(entity.GetString(Property), WireJson.Options)
        ?? throw new InvalidDataException($"The row {entity.PartitionKey}/{entity.RowKey} has no document.");

    public static TableEntity Of<T>(string partition, string row, T document) =>
        new(partition, row) { [Property] = JsonSerializer.Serialize(document, WireJson.Options) };
}
