using System.Collections.Concurrent;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

public sealed class EventProcessorTests
{
    [Fact]
    public async Task Two_processors_share_the_partitions_and_one_takes_over_what_the_other_leaves()
    {
        await using var hub = await TestHub.StartAsync();
        var store = new MemoryCheckpointStore();
        var seen = new ConcurrentDictionary<string, int>();
        var first = new Counting(hub, store, seen);
        var second = new Counting(hub, store, seen);
        await first.StartProcessingAsync();
        await second.StartProcessingAsync();
        await SendAsync(hub, 0, 200);
        await UntilAsync(() => seen.Count == 200 && store.PartitionsOf(first) == 2 && store.PartitionsOf(second) == 2);
        await second.StopProcessingAsync();
        await SendAsync(hub, 200, 200);
        await UntilAsync(() => seen.Count == 400 && store.PartitionsOf(first) == 4);
        await first.StopProcessingAsync();
        Assert.Equal(["0", "1", "2", "3"], store.CheckpointedPartitions);
        Assert.DoesNotContain(first.Failures.Concat(second.Failures), failure => failure is not EventHubsException { Reason: EventHubsException.FailureReason.ConsumerDisconnected });
    }

    [Fact]
    public async Task A_processor_that_comes_back_goes_on_where_its_checkpoint_is()
    {
        await using var hub = await TestHub.StartAsync();
        var store = new MemoryCheckpointStore();
        var seen = new ConcurrentDictionary<string, int>();
        for (var round = 1; round <= 2; round++)
        {
            await SendAsync(hub, (round - 1) * 100, 100);
            var processor = new Counting(hub, store, seen);
            await processor.StartProcessingAsync();
            await UntilAsync(() => seen.Count == round * 100);
            await processor.StopProcessingAsync();
        }
        Assert.All(seen, one => Assert.Equal(1, one.Value));
    }

    private static async Task SendAsync(TestHub hub, int first, int count)
    {
        await using var producer = hub.Producer();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(partition => producer.SendAsync(
            Enumerable.Range(first, count).Where(i => i % 4 == partition).Select(i => new EventData($"{i}")), new SendEventOptions { PartitionId = $"{partition}" })));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var end = DateTime.UtcNow.AddMinutes(3); !condition(); await Task.Delay(20)) Assert.True(DateTime.UtcNow < end, "it did not come to that within three minutes");
    }

    private sealed class Counting(TestHub hub, MemoryCheckpointStore store, ConcurrentDictionary<string, int> seen)
        : PluggableCheckpointStoreEventProcessor<EventProcessorPartition>(store, 50, "$Default", hub.ConnectionString, new EventProcessorOptions
        {
            DefaultStartingPosition = Azure.Messaging.EventHubs.Consumer.EventPosition.Earliest,
            LoadBalancingUpdateInterval = TimeSpan.FromMilliseconds(100),
            PartitionOwnershipExpirationInterval = TimeSpan.FromSeconds(5),
            LoadBalancingStrategy = LoadBalancingStrategy.Greedy,
            MaximumWaitTime = TimeSpan.FromMilliseconds(100),
            RetryOptions = TestHub.Fast,
        })
    {
        public ConcurrentBag<Exception> Failures { get; } = [];

        protected override async Task OnProcessingEventBatchAsync(IEnumerable<EventData> events, EventProcessorPartition partition, CancellationToken cancellationToken)
        {
            EventData? last = null;
            foreach (var one in events)
            {
                seen.AddOrUpdate(one.EventBody.ToString(), 1, (_, times) => times + 1);
                last = one;
            }
            if (last is not null) await UpdateCheckpointAsync(partition.PartitionId, CheckpointPosition.FromEvent(last), cancellationToken);
        }

        protected override Task OnProcessingErrorAsync(Exception exception, EventProcessorPartition partition, string operationDescription, CancellationToken cancellationToken)
        {
            Failures.Add(exception);
            return Task.CompletedTask;
        }
    }
}
