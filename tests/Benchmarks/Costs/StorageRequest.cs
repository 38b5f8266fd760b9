namespace IoTBackend.Benchmarks.Costs;

/// <summary>A request by what it is for, without the ids: <c>PORT METHOD table</c>, <c>PORT METHOD queue/messages</c>, <c>PORT METHOD container[/kind] ?comp=...</c>.</summary>
internal static class StorageRequest
{
    public static string NameOf(string method, Uri uri)
    {
        // The emulator's account is the first segment.
        var path = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Skip(1).ToArray();
        var what = path switch
        {
            [] => "account",
            [var table] when table.IndexOf('(', StringComparison.Ordinal) is > 0 and var at => table[..at] + (table.EndsWith("()", StringComparison.Ordinal) ? " query" : " row"),
            // Ownership and checkpoints: {namespace}/{hub}/{group}/{kind}/{partition}.
            [var container, _, _, var group, var kind, _] when container == "azure-webjobs-eventhub" => $"{container}/{group}/{kind}",
            ["azure-webjobs-eventhub", ..] when uri.Query.Contains("ownership", StringComparison.Ordinal) => "azure-webjobs-eventhub/ownership",
            ["azure-webjobs-eventhub", ..] when uri.Query.Contains("checkpoint", StringComparison.Ordinal) => "azure-webjobs-eventhub/checkpoint",
            [var queue, "messages", ..] => $"{queue}/messages",
            ["azure-webjobs-hosts", var kind, ..] => $"azure-webjobs-hosts/{kind}",
            [var first, ..] => first,
        };
        var operation = string.Concat(uri.Query.TrimStart('?').Split('&').Where(q => q.StartsWith("comp=", StringComparison.Ordinal)).Select(q => " " + q));
        return $"{uri.Port} {method} {what}{operation}";
    }
}
