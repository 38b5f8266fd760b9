using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Messaging.EventHubs;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IoTBackend.Local.FunctionsHost.EventHubs;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Local.Tests.FunctionsRuntime;

public sealed class EventHubTests : IClassFixture<Azurite>
{
    private static readonly EventHubSettings Settings = new(
        MaxBatch: 10, MinBatch: 1, TimeSpan.FromSeconds(1), Prefetch: 0, CheckpointFrequency: 1,
        BalanceInterval: TimeSpan.FromMilliseconds(200), OwnershipExpiry: TimeSpan.FromSeconds(15), FromEnd: false);

    private static readonly TimeSpan ShortExpiry = TimeSpan.FromSeconds(3);

    private readonly Azurite azurite;
    private readonly BlobContainerClient container;
    private readonly FakeHub hub = new(partitions: 4);
    private readonly Work work = new();

    public EventHubTests(Azurite azurite)
    {
        this.azurite = azurite;
        container = new(azurite.ConnectionString, $"c{Guid.NewGuid():n}");
    }

    [Fact]
    public async Task Events_come_in_order_with_their_partition_and_are_checkpointed_in_the_sdks_layout()
    {
        hub.Send(2, 25);
        await using var host = Start();
        await Wait.UntilAsync(() => work.Done("2").Count == 25);
        Assert.Equal(Enumerable.Range(0, 25).Select(number => (long)number), work.Done("2"));
        await CheckpointedAsync("2", 24);
        var names = await container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, null, default).Select(blob => blob.Name).ToListAsync();
        Assert.Contains("fake.servicebus/telemetry/$default/checkpoint/2", names);
        Assert.Contains("fake.servicebus/telemetry/$default/ownership/3", names);
    }

    [Fact]
    public async Task Two_and_then_three_hosts_share_the_partitions_and_leave_no_event_out()
    {
        await using var first = Start();
        await Wait.UntilAsync(async () => (await OwnersAsync()).Count(owner => owner.Length > 0) == 4);
        await using var second = Start();
        await Wait.UntilAsync(async () => await SharesAsync() is [2, 2]);
        await using var third = Start();
        await Wait.UntilAsync(async () => await SharesAsync() is [1, 1, 2]);
        for (var partition = 0; partition < 4; partition++)
            hub.Send(partition, 5);
        await Wait.UntilAsync(() => Enumerable.Range(0, 4).All(partition => work.Done($"{partition}").Distinct().Count() == 5));
    }

    [Fact]
    public async Task A_stopped_hosts_partitions_are_taken_over_at_once()
    {
        var first = Start();
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        await using var second = Start();
        await Wait.UntilAsync(async () => await SharesAsync() is [2, 2]);
        await first.DisposeAsync();
        var clock = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        Assert.True(TimeProvider.System.GetElapsedTime(clock) < Settings.OwnershipExpiry / 2);
    }

    [Fact]
    public async Task A_dead_hosts_partitions_are_taken_over_after_the_expiry()
    {
        await using var first = Start();
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        var dead = (await OwnersAsync())[0];
        // Dead, as others see it: its ownerships are no longer renewed.
        await first.DisposeAsync();
        foreach (var partition in "0123")
            await Blob($"ownership/{partition}").SetMetadataAsync(new Dictionary<string, string> { ["ownerid"] = dead });
        hub.Send(0, 1);
        await using var second = Start(expiry: ShortExpiry);
        await Wait.UntilAsync(async () => await SharesAsync() is [4] && !(await OwnersAsync()).Contains(dead));
        await Wait.UntilAsync(() => work.Total == 1);
    }

    [Fact]
    public async Task A_batch_that_fails_to_the_end_of_its_retries_is_checkpointed_all_the_same()
    {
        work.Fails = (_, _) => true;
        hub.Send(0, 1);
        await using var host = Start(typeof(TwoRetries));
        await CheckpointedAsync("0", 0);
        Assert.Equal(3, work.Attempts);
    }

    [Fact]
    public async Task A_batch_that_was_cancelled_is_not_checkpointed_and_comes_again()
    {
        work.UntilCancelled = true;
        hub.Send(0, 1);
        await using (var host = Start())
        {
            await Wait.UntilAsync(() => work.Attempts == 1);
            await host.AbortAsync();
        }
        Assert.False((await Blob("checkpoint/0").ExistsAsync()).Value);
        work.UntilCancelled = false;
        await using var next = Start();
        await CheckpointedAsync("0", 0);
    }

    [Fact]
    public async Task A_batch_that_fails_for_ever_blocks_only_its_partition_which_stays_owned()
    {
        work.Fails = (partition, _) => partition == "1";
        hub.Send(1, 1);
        await using var host = Start(typeof(RetriesForEver), ShortExpiry);
        await Wait.UntilAsync(async () => work.Attempts > 2 && await SharesAsync() is [4]);
        var owners = await OwnersAsync();
        hub.Send(0, 5);
        hub.Send(2, 5);
        await CheckpointedAsync("0", 4);
        await CheckpointedAsync("2", 4);
        await Task.Delay(ShortExpiry + TimeSpan.FromSeconds(1));
        Assert.Equal(owners, await OwnersAsync());
        Assert.False((await Blob("checkpoint/1").ExistsAsync()).Value);
        work.Fails = (_, _) => false;
        await CheckpointedAsync("1", 0);
    }

    [Fact]
    public async Task With_fewer_checkpoints_than_batches_the_last_batch_is_checkpointed_at_the_stop()
    {
        hub.Send(0, 35);
        await using (var host = new Running(hub.Connect(), container, work, typeof(NoRetries), Settings with { CheckpointFrequency = 3 }))
        {
            await CheckpointedAsync("0", 29);
            await Wait.UntilAsync(() => work.Total == 35);
        }
        await CheckpointedAsync("0", 34);
    }

    [Fact]
    public async Task A_stopping_host_finishes_its_batch_and_checkpoints_it()
    {
        work.Gate = new();
        hub.Send(0, 15);
        var host = Start(expiry: ShortExpiry);
        await Wait.UntilAsync(async () => work.Attempts == 1 && await SharesAsync() is [4]);
        var stop = host.DisposeAsync().AsTask();
        await Task.Delay(ShortExpiry + TimeSpan.FromSeconds(1));
        Assert.False(stop.IsCompleted);
        Assert.NotEqual("", (await OwnersAsync())[0]);
        work.Gate.SetResult();
        await stop;
        Assert.Equal(10, work.Total);
        await CheckpointedAsync("0", 9);
        Assert.All(await OwnersAsync(), owner => Assert.Equal("", owner));
    }

    [Fact]
    public async Task Storage_that_goes_away_and_comes_back_is_waited_for()
    {
        await using var host = Start(expiry: ShortExpiry);
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        await azurite.StopAsync();
        hub.Send(0, 5);
        await Task.Delay(ShortExpiry + TimeSpan.FromSeconds(1));
        await azurite.StartAsync();
        hub.Send(0, 5);
        await CheckpointedAsync("0", 9);
        Assert.Equal(1, work.MostAtOncePerPartition);
    }

    private Running Start(Type? function = null, TimeSpan? expiry = null) =>
        new(hub.Connect(), container, work, function ?? typeof(NoRetries), Settings with { OwnershipExpiry = expiry ?? Settings.OwnershipExpiry });

    private BlobClient Blob(string name) => container.GetBlobClient($"fake.servicebus/telemetry/$default/{name}");

    private async Task<string[]> OwnersAsync() => (await container.ExistsAsync()).Value
        ? await container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, "fake.servicebus/telemetry/$default/ownership/", default)
            .Select(blob => blob.Metadata.TryGetValue("ownerid", out var owner) ? owner : "").ToArrayAsync()
        : [];

    private async Task<int[]> SharesAsync() =>
        [.. (await OwnersAsync()).Where(owner => owner.Length > 0).GroupBy(owner => owner).Select(share => share.Count()).Order()];

    private Task CheckpointedAsync(string partition, long sequenceNumber) => Wait.UntilAsync(async () =>
        (await Blob($"checkpoint/{partition}").ExistsAsync()).Value
        && (await Blob($"checkpoint/{partition}").GetPropertiesAsync()).Value.Metadata["sequencenumber"] == $"{sequenceNumber}");

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource stopping = new();
        private readonly CancellationTokenSource abort = new();
        private readonly Task listening;

        public Running(IEventHub hub, BlobContainerClient container, Work work, Type function, EventHubSettings settings)
        {
            var services = new ServiceCollection().AddSingleton(work);
            var call = new BackgroundCall(FunctionDiscovery.In([function]).Single(), new(Invoker.Pipeline([])), new(services.BuildServiceProvider(), services), TimeProvider.System, NullLogger.Instance);
            listening = new EventHubListener(call, hub, container, settings, batched: true).RunAsync(stopping.Token, abort.Token);
        }

        public async Task AbortAsync()
        {
            await stopping.CancelAsync();
            await abort.CancelAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (listening.IsCompleted)
                return;
            await stopping.CancelAsync();
            await listening;
            stopping.Dispose();
            abort.Dispose();
        }
    }

    internal sealed class Work
    {
        private readonly ConcurrentQueue<(string Partition, long Number)> done = new();
        private readonly ConcurrentDictionary<string, int> current = new();
        private int attempts;

        public int Attempts => attempts;

        public int Total => done.Count;

        public int MostAtOncePerPartition { get; private set; }

        public Func<string, EventData[], bool> Fails { get; set; } = (_, _) => false;

        public TaskCompletionSource? Gate { get; set; }

        public bool UntilCancelled { get; set; }

        public List<long> Done(string partition) => [.. done.Where(entry => entry.Partition == partition).Select(entry => entry.Number)];

        public async Task DoAsync(EventData[] events, FunctionContext context, CancellationToken cancellationToken)
        {
            using var metadata = JsonDocument.Parse((string)context.BindingContext.BindingData["PartitionContext"]!);
            var partition = metadata.RootElement.GetProperty("PartitionId").GetString()!;
            MostAtOncePerPartition = Math.Max(MostAtOncePerPartition, current.AddOrUpdate(partition, 1, (_, count) => count + 1));
            try
            {
                Interlocked.Increment(ref attempts);
                await (Gate?.Task ?? Task.CompletedTask);
                if (UntilCancelled)
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                if (Fails(partition, events))
                    throw new InvalidOperationException("told to");
                foreach (var one in events)
                    done.Enqueue((partition, one.SequenceNumber));
            }
            finally
            {
                current.AddOrUpdate(partition, 0, (_, count) => count - 1);
            }
        }
    }

    private sealed class NoRetries(Work work)
    {
        [Function("NoRetries")]
        public Task RunAsync([EventHubTrigger("hub", Connection = "EventHub")] EventData[] events, FunctionContext context, CancellationToken cancellationToken) =>
            work.DoAsync(events, context, cancellationToken);
    }

    private sealed class TwoRetries(Work work)
    {
        [Function("TwoRetries"), FixedDelayRetry(2, "00:00:00.010")]
        public Task RunAsync([EventHubTrigger("hub", Connection = "EventHub")] EventData[] events, FunctionContext context, CancellationToken cancellationToken) =>
            work.DoAsync(events, context, cancellationToken);
    }

    private sealed class RetriesForEver(Work work)
    {
        [Function("RetriesForEver"), ExponentialBackoffRetry(-1, "00:00:00.010", "00:00:00.100")]
        public Task RunAsync([EventHubTrigger("hub", Connection = "EventHub")] EventData[] events, FunctionContext context, CancellationToken cancellationToken) =>
            work.DoAsync(events, context, cancellationToken);
    }
}
