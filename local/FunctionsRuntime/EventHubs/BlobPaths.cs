namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>
/// The SDK's own blob layout, so that its processors and these share one state: empty blobs with their state in metadata,
/// <c>{namespace}/{hub}/{group}/ownership/{partition} {ownerid}</c> and <c>.../checkpoint/{partition} {offset, sequencenumber}</c>,
/// lower-cased but for the partition. In the container of the Functions extension.
/// </summary>
internal sealed record BlobPaths(string Ownership, string Checkpoint)
{
    public const string Container = "azure-webjobs-eventhub";

    public static BlobPaths For(IEventHub hub)
    {
        var root = $"{hub.FullyQualifiedNamespace}/{hub.Name}/{hub.ConsumerGroup}".ToLowerInvariant();
        return new(root + "/ownership/", root + "/checkpoint/");
    }
}
