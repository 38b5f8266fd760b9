using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;

namespace EventHubEmulator.Tests;

/// <summary>Ownership and checkpoints as a blob store keeps them: a claim is won by who knows the last version.</summary>
internal sealed class MemoryCheckpointStore : CheckpointStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, EventProcessorPartitionOwnership> _ownership = [];
    private readonly SortedDictionary<string, CheckpointPosition> _checkpoints = [];

    public IEnumerable<string> CheckpointedPartitions
    {
        get
        {
            lock (_lock) return [.. _checkpoints.Keys];
        }
    }

    public int PartitionsOf<T>(EventProcessor<T> processor) where T : EventProcessorPartition, new()
    {
        lock (_lock) return _ownership.Values.Count(one => one.OwnerIdentifier == processor.Identifier);
    }

    public override Task<IEnumerable<EventProcessorPartitionOwnership>> ListOwnershipAsync(string fullyQualifiedNamespace, string eventHubName, string consumerGroup, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>([.. _ownership.Values]);
    }

    public override Task<IEnumerable<EventProcessorPartitionOwnership>> ClaimOwnershipAsync(IEnumerable<EventProcessorPartitionOwnership> desiredOwnership, CancellationToken cancellationToken)
    {
        var won = new List<EventProcessorPartitionOwnership>();
        lock (_lock)
        {
            foreach (var desired in desiredOwnership)
            {
                if (_ownership.TryGetValue(desired.PartitionId, out var known) && known.Version != desired.Version) continue;
                desired.Version = Guid.NewGuid().ToString();
                desired.LastModifiedTime = DateTimeOffset.UtcNow;
                _ownership[desired.PartitionId] = desired;
                won.Add(new EventProcessorPartitionOwnership
                {
                    FullyQualifiedNamespace = desired.FullyQualifiedNamespace,
                    EventHubName = desired.EventHubName,
                    ConsumerGroup = desired.ConsumerGroup,
                    OwnerIdentifier = desired.OwnerIdentifier,
                    PartitionId = desired.PartitionId,
                    LastModifiedTime = desired.LastModifiedTime,
                    Version = desired.Version,
                });
            }
        }
        return Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>(won);
    }

    public override Task<EventProcessorCheckpoint> GetCheckpointAsync(string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(!_checkpoints.TryGetValue(partitionId, out var position) ? null! : new EventProcessorCheckpoint
            {
                FullyQualifiedNamespace = fullyQualifiedNamespace,
                EventHubName = eventHubName,
                ConsumerGroup = consumerGroup,
                PartitionId = partitionId,
                StartingPosition = EventPosition.FromOffset(position.OffsetString, isInclusive: false),
            });
        }
    }

    public override Task UpdateCheckpointAsync(string fullyQualifiedNamespace, string eventHubName, string consumerGroup, string partitionId, string clientIdentifier, CheckpointPosition startingPosition, CancellationToken cancellationToken)
    {
        lock (_lock) _checkpoints[partitionId] = startingPosition;
        return Task.CompletedTask;
    }
}
