namespace Azure.Messaging.EventHubs.Producer;

/// <summary>Where events go: to a partition, or to the one a key selects, or (neither) to any.</summary>
public class SendEventOptions
{
    public string? PartitionId { get; set; }

    /// <summary>Events with the same key are on the same partition, in order.</summary>
    public string? PartitionKey { get; set; }
}

/// <summary>As <see cref="SendEventOptions"/>, for a batch.</summary>
public class CreateBatchOptions : SendEventOptions
{
    /// <summary>Bytes; default and upper limit: what the hub allows.</summary>
    public long? MaximumSizeInBytes { get; set; }
}

/// <summary>Options of <see cref="EventHubProducerClient"/>.</summary>
public class EventHubProducerClientOptions
{
    /// <summary>Names the client in the hub's log; default: random.</summary>
    public string? Identifier { get; set; }
    public EventHubConnectionOptions ConnectionOptions { get; set; } = new();
    public EventHubsRetryOptions RetryOptions { get; set; } = new();
}
