using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Core.Amqp;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using FunctionsHost.Tests.ScaleOut;
using IoTBackend.FunctionsHost.EventHubs;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Workers;
using Local.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsHost.Tests;

/// <summary>The Event Hubs listener on a real hub and real storage, calling a function that is the test's.</summary>
public sealed class EventHubTests : IClassFixture<Azurite>, IAsyncLifetime
{
    private const string Trigger = """
        {"type":"eventHubTrigger","name":"events","eventHubName":"telemetry","connection":"EventHub","cardinality":"Many","properties":{"supportsDeferredBinding":"True"}}
        """;

    private static readonly Function NoRetries = Declared.Function("NoRetries", Trigger);
    private static readonly Function TwoRetries = Declared.Retried("TwoRetries", 2, Trigger);
    private static readonly Function RetriesForEver = Declared.Retried("RetriesForEver", -1, Trigger);

    private static readonly EventHubSettings Settings = new(
        MaxBatch: 10, MinBatch: 1, TimeSpan.FromSeconds(1), Prefetch: 0, CheckpointFrequency: 1,
        BalanceInterval: TimeSpan.FromMilliseconds(200), OwnershipExpiry: TimeSpan.FromMinutes(2), FromEnd: false);

    private static readonly TimeSpan ShortExpiry = TimeSpan.FromSeconds(3);

    private readonly Azurite azurite;
    private readonly BlobContainerClient container;
    private EmulatorProcess hub = null!;
    private EventHubProducerClient producer = null!;
    private readonly Work work = new();

    public EventHubTests(Azurite azurite)
    {
        this.azurite = azurite;
        container = new(azurite.ConnectionString, $"c{Guid.NewGuid():n}");
    }

    public async ValueTask InitializeAsync()
    {
        hub = await EmulatorProcess.StartAsync(partitions: 4);
        producer = new(hub.ConnectionString, "telemetry");
    }

    public async ValueTask DisposeAsync()
    {
        await producer.DisposeAsync();
        hub.Dispose();
    }

    [Fact]
    public async Task Events_come_in_order_with_their_partition_and_are_checkpointed_in_the_sdks_layout()
    {
        await SendAsync(2, 25);
        await using var host = Start();
        await Wait.UntilAsync(() => work.Done("2").Count == 25);
        Assert.Equal(Enumerable.Range(0, 25).Select(number => (long)number), work.Done("2"));
        await CheckpointedAsync("2", 24);
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        var names = await container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, null, default).Select(blob => blob.Name).ToListAsync();
        Assert.Contains("127.0.0.1/telemetry/$default/checkpoint/2", names);
        Assert.Contains("127.0.0.1/telemetry/$default/ownership/3", names);
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
            await SendAsync(partition, 5);
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
        // Long before they would have expired.
        await Wait.UntilAsync(async () => await SharesAsync() is [4], seconds: 100);
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
        await SendAsync(0, 1);
        await using var second = Start(expiry: ShortExpiry);
        await Wait.UntilAsync(async () => await SharesAsync() is [4] && !(await OwnersAsync()).Contains(dead));
        await Wait.UntilAsync(() => work.Total == 1);
    }

    [Fact]
    public async Task A_batch_that_fails_to_the_end_of_its_retries_is_checkpointed_all_the_same()
    {
        work.Fails = (_, _) => true;
        await SendAsync(0, 1);
        await using var host = Start(TwoRetries);
        await CheckpointedAsync("0", 0);
        Assert.Equal(3, work.Attempts);
    }

    [Fact]
    public async Task A_batch_that_was_cancelled_is_not_checkpointed_and_comes_again()
    {
        work.UntilCancelled = true;
        await SendAsync(0, 1);
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
        await SendAsync(1, 1);
        await using var host = Start(RetriesForEver, ShortExpiry);
        await Wait.UntilAsync(async () => work.Attempts > 2 && await SharesAsync() is [4]);
        var owners = await OwnersAsync();
        await SendAsync(0, 5);
        await SendAsync(2, 5);
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
        await SendAsync(0, 35);
        await using (var host = Start(NoRetries, Settings with { CheckpointFrequency = 3 }))
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
        await SendAsync(0, 15);
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
        await SendAsync(0, 5);
        await Task.Delay(ShortExpiry + TimeSpan.FromSeconds(1));
        await azurite.StartAsync();
        await SendAsync(0, 5);
        await CheckpointedAsync("0", 9);
        Assert.Equal(1, work.MostAtOncePerPartition);
    }

    [Fact]
    public async Task A_batch_ends_at_its_limit_in_bytes()
    {
        await producer.SendAsync(Enumerable.Range(0, 9).Select(_ => new EventData(new byte[1000])), new SendEventOptions { PartitionId = "0" });
        await using var host = Start(NoRetries, Settings with { MaxBatchBytes = 3000 });
        await Wait.UntilAsync(() => work.Total == 9);
        Assert.All(work.Batches, count => Assert.InRange(count, 1, 3));
    }

    [Fact]
    public async Task A_batch_is_collected_to_its_minimum_or_until_the_wait_is_over()
    {
        await using var host = Start(NoRetries, Settings with { MinBatch = 6, MaxWait = TimeSpan.FromSeconds(10) });
        await Wait.UntilAsync(async () => await SharesAsync() is [4]);
        for (var i = 0; i < 8; i++)
            await SendAsync(0, 1);
        await Wait.UntilAsync(() => work.Total == 8);
        Assert.True(work.Batches.Count <= 3, string.Join(", ", work.Batches));
    }

    [Fact]
    public async Task A_body_that_is_no_bytes_reaches_the_function_like_any_other()
    {
        EventData[] odd = [new(new AmqpAnnotatedMessage(AmqpMessageBody.FromValue("text"))), new(new AmqpAnnotatedMessage(AmqpMessageBody.FromSequence([[1, 2L, "x"]])))];
        await producer.SendAsync(odd, new SendEventOptions { PartitionId = "0" });
        await SendAsync(0, 1);
        await using var host = Start();
        await Wait.UntilAsync(() => work.Total == 3);
        Assert.Equal([AmqpMessageBodyType.Value, AmqpMessageBodyType.Sequence, AmqpMessageBodyType.Data], work.BodyTypes);
    }

    private async Task SendAsync(int partition, int count) =>
        await producer.SendAsync(Enumerable.Range(0, count).Select(_ => new EventData("x")), new SendEventOptions { PartitionId = $"{partition}" });

    private Listening Start(Function? function = null, TimeSpan? expiry = null) =>
        Start(function ?? NoRetries, Settings with { OwnershipExpiry = expiry ?? Settings.OwnershipExpiry });

    private Listening Start(Function function, EventHubSettings settings) => new(new EventHubListener(
        new(function, work.DoAsync, TimeProvider.System, NullLogger.Instance), new("telemetry", "$Default", hub.ConnectionString, null), container, settings));

    private BlobClient Blob(string name) => container.GetBlobClient($"127.0.0.1/telemetry/$default/{name}");

    private async Task<string[]> OwnersAsync() => (await container.ExistsAsync()).Value
        ? await container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, "127.0.0.1/telemetry/$default/ownership/", default)
            .Select(blob => blob.Metadata.TryGetValue("ownerid", out var owner) ? owner : "").ToArrayAsync()
        : [];

    private async Task<int[]> SharesAsync() =>
        [.. (await OwnersAsync()).Where(owner => owner.Length > 0).GroupBy(owner => owner).Select(share => share.Count()).Order()];

    private Task CheckpointedAsync(string partition, long sequenceNumber) => Wait.UntilAsync(async () =>
        (await Blob($"checkpoint/{partition}").ExistsAsync()).Value
        && (await Blob($"checkpoint/{partition}").GetPropertiesAsync()).Value.Metadata["sequencenumber"] == $"{sequenceNumber}");

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

        public ConcurrentQueue<int> Batches { get; } = new();

        public ConcurrentQueue<AmqpMessageBodyType> BodyTypes { get; } = new();

        public async Task DoAsync(InvocationRequest request, CancellationToken cancellationToken)
        {
            using var metadata = JsonDocument.Parse(request.TriggerMetadata["PartitionContext"].Json);
            var partition = metadata.RootElement.GetProperty("PartitionId").GetString()!;
            // As the worker reads them.
            var events = request.InputData[0].Data.CollectionModelBindingData.ModelBindingData
                .Select(one => new EventData(AmqpAnnotatedMessage.FromBytes(BinaryData.FromBytes(one.Content.Memory)))).ToArray();
            Batches.Enqueue(events.Length);
            MostAtOncePerPartition = Math.Max(MostAtOncePerPartition, current.AddOrUpdate(partition, 1, (_, count) => count + 1));
            try
            {
                Interlocked.Increment(ref attempts);
                await (Gate?.Task ?? Task.CompletedTask);
                if (UntilCancelled)
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                if (Fails(partition, events))
                    throw new FunctionFailedException(new() { Message = "told to" });
                foreach (var one in events)
                    BodyTypes.Enqueue(one.GetRawAmqpMessage().Body.BodyType);
                foreach (var one in events)
                    done.Enqueue((partition, one.SequenceNumber));
            }
            finally
            {
                current.AddOrUpdate(partition, 0, (_, count) => count - 1);
            }
        }
    }
}
