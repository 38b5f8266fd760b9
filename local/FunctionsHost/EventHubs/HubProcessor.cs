using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Core;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.EventHubs;

/// <summary>
/// The SDK's processor, which claims this host's share of the partitions and reads them, with a <see cref="PartitionFeed"/> for each.
/// While the host stops, partitions stay owned and begin no further batch, so that nobody else processes what is being finished here.
/// </summary>
internal sealed class HubProcessor : PluggableCheckpointStoreEventProcessor<EventProcessorPartition>
{
    // Idle partitions catch up on a checkpoint that often.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, PartitionFeed> feeds = new();
    private readonly BackgroundCall call;
    private readonly EventHubSettings settings;
    private readonly CancellationToken stopping;
    private readonly CancellationToken abort;
    private int busy;

    public HubProcessor(
        BackgroundCall call, HubConnection hub, CheckpointStore store, EventHubSettings settings, CancellationToken stopping, CancellationToken abort)
        : base(store, settings.MaxBatch, hub.ConsumerGroup, hub.ConnectionString, hub.Name, Options(settings)) =>
        (this.call, this.settings, this.stopping, this.abort) = (call, settings, stopping, abort);

    public HubProcessor(
        BackgroundCall call, HubConnection hub, TokenCredential credential, CheckpointStore store, EventHubSettings settings, CancellationToken stopping, CancellationToken abort)
        : base(store, settings.MaxBatch, hub.ConsumerGroup, hub.FullyQualifiedNamespace, hub.Name, credential, Options(settings)) =>
        (this.call, this.settings, this.stopping, this.abort) = (call, settings, stopping, abort);

    /// <summary>Whether a batch is being processed; once stopping, no other begins.</summary>
    public bool IsBusy => Volatile.Read(ref busy) > 0;

    protected override Task OnInitializingPartitionAsync(EventProcessorPartition partition, CancellationToken cancellationToken)
    {
        var context = JsonSerializer.Serialize(new { FullyQualifiedNamespace, EventHubName, ConsumerGroup, partition.PartitionId });
        feeds[partition.PartitionId] = new(
            call, settings, partition.PartitionId, new Dictionary<string, TypedData> { ["PartitionContext"] = new() { Json = context } },
            (position, cancel) => UpdateCheckpointAsync(partition.PartitionId, position, cancel));
        HostLog.PartitionClaimed(call.Logger, call.Function.Name, partition.PartitionId);
        return Task.CompletedTask;
    }

    protected override async Task OnProcessingEventBatchAsync(IEnumerable<EventData> events, EventProcessorPartition partition, CancellationToken cancellationToken)
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, abort);
        // Counted first and asked afterwards: who sees nobody busy after stopping has begun can rely on it.
        Interlocked.Increment(ref busy);
        try
        {
            if (!stopping.IsCancellationRequested)
                await feeds[partition.PartitionId].TakeAsync(events, stopping, cancelled.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || cancelled.IsCancellationRequested)
        {
            // What was not checkpointed is read again by the next owner.
        }
        finally
        {
            Interlocked.Decrement(ref busy);
        }
        if (stopping.IsCancellationRequested)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    protected override async Task OnPartitionProcessingStoppedAsync(EventProcessorPartition partition, ProcessingStoppedReason reason, CancellationToken cancellationToken)
    {
        if (!feeds.TryRemove(partition.PartitionId, out var feed))
            return;
        if (reason == ProcessingStoppedReason.OwnershipLost)
            HostLog.PartitionTaken(call.Logger, call.Function.Name, partition.PartitionId);
        else
            await feed.CatchUpAsync(cancellationToken);
    }

    protected override Task OnProcessingErrorAsync(Exception exception, EventProcessorPartition? partition, string operationDescription, CancellationToken cancellationToken)
    {
        if (partition is null)
            HostLog.BalancingFailed(call.Logger, EventHubName, HostLog.Cause(exception));
        else
            HostLog.PartitionUnavailable(call.Logger, call.Function.Name, partition.PartitionId, HostLog.Cause(exception));
        return Task.CompletedTask;
    }

    private static EventProcessorOptions Options(EventHubSettings settings) => new()
    {
        LoadBalancingStrategy = LoadBalancingStrategy.Greedy,
        LoadBalancingUpdateInterval = settings.BalanceInterval,
        PartitionOwnershipExpirationInterval = settings.OwnershipExpiry,
        PrefetchCount = settings.Prefetch,
        PrefetchSizeInBytes = settings.PrefetchBytes,
        TrackLastEnqueuedEventProperties = false,
        DefaultStartingPosition = settings.FromEnd ? Azure.Messaging.EventHubs.Consumer.EventPosition.Latest : Azure.Messaging.EventHubs.Consumer.EventPosition.Earliest,
        // Without events for so long the feed is asked whether what it has gathered is due: nothing waits longer than one and a half times MaxWait.
        MaximumWaitTime = settings.MinBatch > 1 && settings.MaxWait > TimeSpan.Zero ? settings.MaxWait / 2 : Patience,
        // An outage is noticed within seconds; the processor waits it out.
        RetryOptions = new() { MaximumRetries = 2, TryTimeout = TimeSpan.FromSeconds(10), MaximumDelay = TimeSpan.FromSeconds(2) },
    };
}

/// <summary>Which hub, and how it is reached: by a connection string, or by its namespace and the ambient identity.</summary>
internal sealed record HubConnection(string Name, string ConsumerGroup, string? ConnectionString, string? FullyQualifiedNamespace);
