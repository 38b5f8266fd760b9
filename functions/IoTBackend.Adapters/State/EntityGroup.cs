using System.Text;
using Azure;
using Azure.Data.Tables;

namespace IoTBackend.Adapters.State;

/// <summary>
/// What the Table service takes in one entity-group transaction, and what it says where it does not. Limits:
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions: one partition, each row once,
/// 100 rows, 4 MiB.
/// </summary>
internal static class EntityGroup
{
    public const int MaxRows = 100;

    /// <summary>Of 4 MiB; the estimate below is above what is sent, so that this is never the closer limit.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Address, method and headers of an action in the multipart body, and an entity's own columns.</summary>
    private const int RowOverhead = 1024;

    /// <summary>Packs items into as few transactions as the limits allow, in order; none is empty, none has a row twice.</summary>
    /// <param name="items">Each goes into one transaction whole.</param>
    /// <param name="actionsOf">Its actions; an item without any is left out.</param>
    public static IEnumerable<List<T>> Pack<T>(IEnumerable<T> items, Func<T, IReadOnlyCollection<TableTransactionAction>> actionsOf)
    {
        var part = new List<T>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var bytes = 0;
        foreach (var item in items)
        {
            var actions = actionsOf(item);
            if (actions.Count == 0)
                continue;
            var size = actions.Sum(a => BytesOf(a.Entity));
            if (part.Count > 0 && (keys.Count + actions.Count > MaxRows || bytes + size > MaxBytes || actions.Any(a => keys.Contains(a.Entity.RowKey))))
            {
                yield return part;
                (part, bytes) = ([], 0);
                keys.Clear();
            }

            part.Add(item);
            bytes += size;
            foreach (var action in actions)
                keys.Add(action.Entity.RowKey);
        }

        if (part.Count > 0)
            yield return part;
    }

    /// <summary>
    /// The same transaction would be refused again. Not 404, 409 and 412, which say that somebody was faster; not 408, 429 and
    /// 5xx, which pass; not 401 and 403, which are about our rights and pass once they are mended.
    /// </summary>
    public static bool IsRefusedForGood(Exception exception) => exception switch
    {
        ObjectDisposedException => false,
        RequestFailedException { Status: 401 or 403 or 404 or 408 or 409 or 412 or 429 } => false,
        RequestFailedException { Status: >= 400 and < 500 } => true,
        // The client refuses some of what the service would, before it sends it.
        ArgumentException or InvalidOperationException or FormatException => true,
        _ => false,
    };

    /// <summary>In a few words, without what was sent.</summary>
    public static string ReasonOf(Exception exception) => exception is RequestFailedException failed
        ? $"{failed.Status} {failed.ErrorCode}"
        : exception.GetType().Name;

    private static int BytesOf(ITableEntity entity)
    {
        var bytes = RowOverhead + 4 * (entity.PartitionKey.Length + entity.RowKey.Length);
        foreach (var (name, value) in (TableEntity)entity)
        {
            bytes += name.Length + 64 + value switch
            {
                byte[] binary => binary.Length * 4 / 3,
                // As JSON in JSON: a quote becomes six characters at most.
                string text => Encoding.UTF8.GetByteCount(text) * 2 + 5 * text.Count(c => c is '"' or '\\' or '<' or '>' or '&' or '\'' or '+' or < ' '),
                _ => 64,
            };
        }

        return bytes;
    }
}
