namespace Azure.Messaging.EventHubs;

/// <summary>How far a partition reaches. Empty: first sequence number 0, last -1, offset "-1".</summary>
public class PartitionProperties
{
    protected internal PartitionProperties(
        string eventHubName,
        string partitionId,
        bool isEmpty,
        long beginningSequenceNumber,
        long lastSequenceNumber,
        string lastOffsetString,
        DateTimeOffset lastEnqueuedTime)
    {
        EventHubName = eventHubName;
        Id = partitionId;
        IsEmpty = isEmpty;
        BeginningSequenceNumber = beginningSequenceNumber;
        LastEnqueuedSequenceNumber = lastSequenceNumber;
        LastEnqueuedOffsetString = lastOffsetString;
        LastEnqueuedTime = lastEnqueuedTime;
    }

    public string EventHubName { get; }
    public string Id { get; }
    public bool IsEmpty { get; }
    public long BeginningSequenceNumber { get; }
    public long LastEnqueuedSequenceNumber { get; }
    public string LastEnqueuedOffsetString { get; }
    public DateTimeOffset LastEnqueuedTime { get; }
}
