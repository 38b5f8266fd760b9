using System.Text.Json;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>
/// What the Table service refuses, so that nothing passes on rows in memory that the service would not have:
/// https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model and
/// .../performing-entity-group-transactions.
/// </summary>
internal static class TableRules
{
    private const int MaxRows = 100;
    private const int MaxBatchBytes = 4 << 20;
    private const int MaxEntityBytes = 1 << 20;
    private const int MaxPropertyBytes = 64 << 10;
    private const int MaxKeyBytes = 1 << 10;
    private const int MaxProperties = 252;

    /// <summary>The error code; null = allowed.</summary>
    public static string? OfBatch(IReadOnlyList<(string Partition, string Row)> rows, int bytes) =>
        rows.Count == 0 ? "InvalidInput"
        : rows.Count > MaxRows ? "InvalidInput"
        : bytes > MaxBatchBytes ? "ContentLengthExceeded"
        : rows.DistinctBy(r => r.Partition).Count() > 1 ? "CommandsInBatchActOnDifferentPartitions"
        : rows.Distinct().Count() < rows.Count ? "InvalidDuplicateRow"
        : null;

    /// <summary>The error code; null = allowed.</summary>
    public static string? OfEntity(string partition, string row, string json)
    {
        if (!IsKey(partition) || !IsKey(row))
            return "OutOfRangeInput";
        if (json.Length == 0)
            return null;
        using var entity = JsonDocument.Parse(json);
        var (count, bytes) = (0, 2 * (partition.Length + row.Length));
        foreach (var property in entity.RootElement.EnumerateObject().Where(p => !p.Name.Contains("odata.", StringComparison.Ordinal)))
        {
            var isBinary = entity.RootElement.TryGetProperty(property.Name + "@odata.type", out var type) && type.GetString() == "Edm.Binary";
            var size = property.Value.ValueKind != JsonValueKind.String ? 8
                : isBinary ? property.Value.GetBytesFromBase64().Length : 2 * property.Value.GetString()!.Length;
            if (size > MaxPropertyBytes)
                return "PropertyValueTooLarge";
            (count, bytes) = (count + 1, bytes + 8 + (2 * property.Name.Length) + size);
        }

        return count > MaxProperties ? "TooManyProperties" : bytes > MaxEntityBytes ? "EntityTooLarge" : null;
    }

    private static bool IsKey(string key) =>
        2 * key.Length <= MaxKeyBytes && !key.AsSpan().ContainsAny("/\\#?") && !key.Any(char.IsControl);
}
