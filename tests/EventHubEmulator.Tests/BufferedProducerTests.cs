using System.Collections.Concurrent;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

public sealed class BufferedProducerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_enqueued_for_all_partitions_arrives_once(bool idempotent)
    {
        await using var hub = await TestHub.StartAsync();
        var failures = await SendAsync(hub, idempotent, producer => Enumerable.Range(0, 500).Select(i =>
            producer.EnqueueEventAsync(new EventData($"{i}"), new EnqueueEventOptions { PartitionId = $"{i % 4}" })));
        Assert.Empty(failures);
        var bodies = (await hub.ReadAllAsync()).Select(stored => int.Parse(stored.EventBody.ToString()));
        Assert.Equal(Enumerable.Range(0, 500), bodies.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_key_that_the_client_has_hashed_comes_back_with_each_event(int eventsPerKey)
    {
        await using var hub = await TestHub.StartAsync();
        var failures = await SendAsync(hub, false, producer => Enumerable.Range(0, 8 * eventsPerKey).Select(i =>
            producer.EnqueueEventAsync(new EventData($"device-{i % 8}"), new EnqueueEventOptions { PartitionKey = $"device-{i % 8}" })));
        Assert.Empty(failures);
        var stored = await hub.ReadAllAsync();
        Assert.Equal(8 * eventsPerKey, stored.Count);
        Assert.All(stored, one => Assert.Equal(one.EventBody.ToString(), one.PartitionKey));
    }

    [Fact]
    public async Task A_consumer_opens_all_partitions_at_once()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        foreach (var partition in TestHub.FourIds) await producer.SendAsync([new EventData(partition)], new SendEventOptions { PartitionId = partition });
        await using var consumer = new EventHubConsumerClient("$Default", hub.ConnectionString);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var read = new List<string>();
        await foreach (var next in consumer.ReadEventsAsync(limit.Token))
        {
            read.Add(next.Data.EventBody.ToString());
            if (read.Count == 4) break;
        }
        Assert.Equal(TestHub.FourIds, read.Order());
    }

    private static async Task<IReadOnlyCollection<Exception>> SendAsync(TestHub hub, bool idempotent, Func<EventHubBufferedProducerClient, IEnumerable<Task<int>>> enqueue)
    {
        var failures = new ConcurrentBag<Exception>();
        await using var producer = new EventHubBufferedProducerClient(hub.ConnectionString, new EventHubBufferedProducerClientOptions
        {
            EnableIdempotentRetries = idempotent,
            MaximumWaitTime = TimeSpan.FromMilliseconds(50),
            RetryOptions = TestHub.Fast,
        });
        producer.SendEventBatchFailedAsync += failed =>
        {
            failures.Add(failed.Exception);
            return Task.CompletedTask;
        };
        foreach (var enqueuing in enqueue(producer)) await enqueuing;
        await producer.FlushAsync();
        return failures;
    }
}
