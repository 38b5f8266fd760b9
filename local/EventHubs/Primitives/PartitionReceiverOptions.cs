namespace Azure.Messaging.EventHubs.Primitives;

/// <summary>Options of <see cref="PartitionReceiver"/>.</summary>
public class PartitionReceiverOptions
{
    /// <summary>Names the receiver in the hub's errors; default: random.</summary>
    public string? Identifier { get; set; }
    public EventHubConnectionOptions ConnectionOptions { get; set; } = new();
    public EventHubsRetryOptions RetryOptions { get; set; } = new();

    /// <summary>Longest wait of a receive that names none; default 1 min.</summary>
    public TimeSpan? DefaultMaximumReceiveWaitTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The epoch: the highest one, and among equals the newest, reads alone. Null: reads beside others.</summary>
    public long? OwnerLevel { get; set; }

    /// <summary>Events asked for ahead of the receive, 0 or more, default 300.</summary>
    public int PrefetchCount { get; set; } = 300;

    /// <summary>Whether the hub says with every event how far the partition reaches; default false here.</summary>
    public bool TrackLastEnqueuedEventProperties { get; set; }
}
