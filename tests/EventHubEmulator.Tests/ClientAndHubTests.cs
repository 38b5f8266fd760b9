using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

public sealed class ClientAndHubTests
{
    [Fact]
    public async Task What_is_sent_comes_back_with_its_properties_in_order()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        var id = Guid.NewGuid();
        var now = new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
        var first = new EventData("one") { MessageId = "m1", CorrelationId = "c1", ContentType = "text/plain" };
        foreach (var (key, value) in new (string, object)[] { ("s", "ü"), ("i", 7), ("l", 8L), ("b", true), ("d", 1.5), ("g", id), ("t", now), ("span", TimeSpan.FromSeconds(3)) })
            first.Properties[key] = value;
        await producer.SendAsync([first, new EventData("two")], new SendEventOptions { PartitionId = "1" });
        await using var receiver = hub.Receiver("1", EventPosition.Earliest);
        var events = await TestHub.ReadAsync(receiver, 2);
        Assert.Equal(["one", "two"], events.Select(e => e.EventBody.ToString()));
        Assert.Equal([0, 1], events.Select(e => e.SequenceNumber));
        Assert.Equal(("m1", "c1", "text/plain"), (events[0].MessageId, events[0].CorrelationId, events[0].ContentType));
        Assert.Equal(first.Properties, events[0].Properties);
        Assert.InRange(events[0].EnqueuedTime, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task A_partition_key_comes_back_and_keeps_events_together()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        await producer.SendAsync([new EventData("x")], new SendEventOptions { PartitionKey = "device-0001" });
        await using var receiver = hub.Receiver("2", EventPosition.Earliest);
        Assert.Equal("device-0001", (await TestHub.ReadAsync(receiver, 1))[0].PartitionKey);
    }

    [Fact]
    public async Task The_hub_and_its_partitions_describe_themselves()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        var properties = await producer.GetEventHubPropertiesAsync();
        Assert.Equal("telemetry", properties.Name);
        Assert.Equal(TestHub.FourIds, properties.PartitionIds);
        var empty = await producer.GetPartitionPropertiesAsync("0");
        Assert.Equal((true, 0, -1, "-1"), (empty.IsEmpty, empty.BeginningSequenceNumber, empty.LastEnqueuedSequenceNumber, empty.LastEnqueuedOffsetString));
        await producer.SendAsync([new EventData("x"), new EventData("y")], new SendEventOptions { PartitionId = "0" });
        var filled = await producer.GetPartitionPropertiesAsync("0");
        Assert.Equal((false, 0, 1), (filled.IsEmpty, filled.BeginningSequenceNumber, filled.LastEnqueuedSequenceNumber));
    }

    [Fact]
    public async Task Clients_go_on_after_the_hub_was_restarted_and_the_receiver_misses_and_repeats_nothing()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        await using var receiver = hub.Receiver("0", EventPosition.Earliest);
        await producer.SendAsync([new EventData("before")], new SendEventOptions { PartitionId = "0" });
        Assert.Equal("before", (await TestHub.ReadAsync(receiver, 1))[0].EventBody.ToString());
        await hub.StopAsync();
        await hub.StartAgainAsync();
        await producer.SendAsync([new EventData("after")], new SendEventOptions { PartitionId = "0" });
        var next = await TestHub.ReadAsync(receiver, 1);
        Assert.Equal((1, "after"), (next[0].SequenceNumber, next[0].EventBody.ToString()));
    }

    [Fact]
    public async Task One_flipped_bit_stops_the_hub_and_after_a_repair_a_reader_misses_one_event_and_no_number_comes_twice()
    {
        await using var hub = await TestHub.StartAsync();
        await using (var first = hub.Producer())
            await first.SendAsync(Enumerable.Range(0, 500).Select(i => new EventData($"{i}")), new SendEventOptions { PartitionId = "0" });
        await hub.StopAsync();
        var file = Path.Combine(hub.DataDirectory, "telemetry", "0", "00000000000000000000.log");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.Length / 2] ^= 4;
        await File.WriteAllBytesAsync(file, bytes);
        Assert.Contains("--repair", (await Assert.ThrowsAsync<InvalidDataException>(() => hub.StartAgainAsync())).Message, StringComparison.Ordinal);
        await hub.StartAgainAsync("--repair");
        Assert.Contains("kept 499 events", Assert.Single(hub.Reports), StringComparison.Ordinal);
        await using var producer = hub.Producer();
        await producer.SendAsync([new EventData("500")], new SendEventOptions { PartitionId = "0" });
        await using var receiver = hub.Receiver("0", EventPosition.Earliest);
        Assert.All(await TestHub.ReadAsync(receiver, 500), one => Assert.Equal($"{one.SequenceNumber}", one.EventBody.ToString()));
    }

    [Fact]
    public async Task A_batch_takes_what_the_hub_takes_and_not_a_byte_more()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        using var batch = await producer.CreateBatchAsync(new CreateBatchOptions { PartitionId = "3" });
        Assert.Equal(1024 * 1024, batch.MaximumSizeInBytes);
        while (batch.TryAdd(new EventData(new byte[4000]))) { }
        await producer.SendAsync(batch);
        await using var receiver = hub.Receiver("3", EventPosition.Earliest);
        Assert.Equal(batch.Count, (await TestHub.ReadAsync(receiver, batch.Count)).Count);
    }

    [Fact]
    public async Task A_thousand_sends_at_once_are_all_acknowledged()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => producer.SendAsync([new EventData($"{i}")])));
        var stored = 0L;
        foreach (var id in TestHub.FourIds) stored += (await producer.GetPartitionPropertiesAsync(id)).LastEnqueuedSequenceNumber + 1;
        Assert.Equal(1000, stored);
    }

    [Fact]
    public async Task Over_a_WebSocket_all_is_the_same()
    {
        await using var hub = await TestHub.StartAsync();
        var connection = hub.ConnectionString.Replace($":{hub.Port}", $":{hub.HealthPort}", StringComparison.Ordinal);
        await using var producer = new EventHubProducerClient(connection, new EventHubProducerClientOptions
        {
            ConnectionOptions = new() { TransportType = EventHubsTransportType.AmqpWebSockets },
            RetryOptions = TestHub.Fast,
        });
        await producer.SendAsync([new EventData(new byte[500_000])], new SendEventOptions { PartitionId = "0" });
        Assert.Equal(500_000, (await hub.ReadAllAsync()).Single().EventBody.ToMemory().Length);
    }

    [Fact]
    public async Task Many_clients_share_one_connection()
    {
        await using var hub = await TestHub.StartAsync();
        await using var connection = new EventHubConnection(hub.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var producer = new EventHubProducerClient(connection);
            await producer.SendAsync([new EventData($"{i}")], new SendEventOptions { PartitionId = $"{i % 4}" });
            await using var consumer = new EventHubConsumerClient("$Default", connection);
            Assert.False((await consumer.GetPartitionPropertiesAsync($"{i % 4}")).IsEmpty);
        }));
        Assert.Equal(20, (await hub.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer(hub.ConnectionStringFor("RootManageSharedAccessKey", "wrong"), TestHub.Once);
        var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => producer.SendAsync([new EventData("x")]));
        Assert.Contains("InvalidSignature", refused.Message, StringComparison.Ordinal);
    }
}
