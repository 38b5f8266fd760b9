using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace Azure.Messaging.EventHubs;

/// <summary>Makes what only a hub can make, for tests.</summary>
public static class EventHubsModelFactory
{
    public static EventData EventData(
        BinaryData eventBody,
        IDictionary<string, object>? properties = null,
        IReadOnlyDictionary<string, object>? systemProperties = null,
        string? partitionKey = null,
        long sequenceNumber = long.MinValue,
        string? offsetString = null,
        DateTimeOffset enqueuedTime = default) =>
        new MadeEventData(eventBody, properties, systemProperties, sequenceNumber, offsetString, enqueuedTime, partitionKey);

    /// <summary>Keeps what is added in <paramref name="batchEventStore"/>; <paramref name="tryAddCallback"/> decides whether it fits.</summary>
    public static EventDataBatch EventDataBatch(
        long batchSizeBytes,
        IList<EventData> batchEventStore,
        CreateBatchOptions? batchOptions = null,
        Func<EventData, bool>? tryAddCallback = null) => new(batchSizeBytes, batchEventStore, batchOptions, tryAddCallback);

    public static EventHubProperties EventHubProperties(
        string name, DateTimeOffset createdOn, string[] partitionIds, bool isGeoReplicationEnabled) =>
        new(name, createdOn, partitionIds, isGeoReplicationEnabled);

    public static PartitionProperties PartitionProperties(
        string eventHubName,
        string partitionId,
        bool isEmpty,
        long beginningSequenceNumber,
        long lastSequenceNumber,
        string lastOffsetString,
        DateTimeOffset lastEnqueuedTime) =>
        new(eventHubName, partitionId, isEmpty, beginningSequenceNumber, lastSequenceNumber, lastOffsetString, lastEnqueuedTime);

    public static PartitionContext PartitionContext(
        string fullyQualifiedNamespace,
        string eventHubName,
        string consumerGroup,
        string partitionId,
        LastEnqueuedEventProperties lastEnqueuedEventProperties = default) =>
        new MadePartitionContext(fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId, lastEnqueuedEventProperties);

    private sealed class MadeEventData(
        BinaryData body,
        IDictionary<string, object>? properties,
        IReadOnlyDictionary<string, object>? systemProperties,
        long sequenceNumber,
        string? offset,
        DateTimeOffset enqueuedTime,
        string? key) : EventData(body, properties, systemProperties, sequenceNumber, offset, enqueuedTime, key);

    private sealed class MadePartitionContext(string ns, string hub, string group, string partition, LastEnqueuedEventProperties last)
        : PartitionContext(ns, hub, group, partition)
    {
        public override LastEnqueuedEventProperties ReadLastEnqueuedEventProperties() => last;
    }
}
