namespace Azure.Messaging.EventHubs.Consumer;

/// <summary>Which partition of which hub an event came from.</summary>
public class PartitionContext
{
    protected PartitionContext(string partitionId) : this("", "", "", partitionId) { }

    protected internal PartitionContext(string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId)
    {
        FullyQualifiedNamespace = fullyQualifiedNamespace;
        EventHubName = eventHubName;
        ConsumerGroup = consumerGroup;
        PartitionId = partitionId;
    }

    public string FullyQualifiedNamespace { get; }
    public string EventHubName { get; }
    public string ConsumerGroup { get; }
    public string PartitionId { get; }

    /// <summary>Empty unless the trigger tracks it.</summary>
    public virtual LastEnqueuedEventProperties ReadLastEnqueuedEventProperties() => default;
}
