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

    /// <summary>Null = it cannot be read: for lists, whose other rows are not to wait for it.</summary>
    public static T? TryRead<T>(TableEntity entity)
        where T : class
    {
        try
        {
            return Read<T>(entity);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    public static TableEntity Of<T>(string partition, string row, T document) =>
        new(partition, row) { [Property] = JsonSerializer.Serialize(document, WireJson.Options) };
}
