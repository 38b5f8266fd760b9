using System.Text.Json;
using Azure.Data.Tables;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>
/// A record as JSON in the property <c>Document</c>, and where it is longer than a string of the Table service may be (32,767 characters) in further
/// ones, <c>Document2</c>, <c>Document3</c> ... A row holds 1 MiB, of two bytes a character.
/// </summary>
internal static class TableDocument
{
    public const string Property = "Document";

    private const int MaxColumn = 32_000;

    /// <summary>All the properties that a document may take, for a query that selects.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. Enumerable.Range(1, 16).Select(Column)];

    public static T Read<T>(TableEntity entity)
        where T : class
    {
        var json = entity.GetString(Property);
        for (var i = 2; entity.GetString(Column(i)) is { } more; i++)
            json += more;
        return JsonSerializer.Deserialize<T>(json, WireJson.Options)
            ?? throw new InvalidDataException($"The row {entity.PartitionKey}/{entity.RowKey} has no document.");
    }

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

    public static TableEntity Of<T>(string partition, string row, T document)
    {
        var entity = new TableEntity(partition, row);
        ReadOnlySpan<char> rest = JsonSerializer.Serialize(document, WireJson.Options);
        for (var i = 1; i == 1 || !rest.IsEmpty; i++)
        {
            // A character of two halves stays whole: half of one cannot be sent.
            var length = rest.Length <= MaxColumn ? rest.Length : char.IsHighSurrogate(rest[MaxColumn - 1]) ? MaxColumn - 1 : MaxColumn;
            entity[Column(i)] = rest[..length].ToString();
            rest = rest[length..];
        }

        return entity;
    }

    private static string Column(int i) => i == 1 ? Property : $"{Property}{i}";
}
