using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

/// <summary>One hub with five events, sent one by one, in partition 0.</summary>
public sealed class FiveEvents : IAsyncLifetime
{
    internal TestHub Hub { get; private set; } = null!;
    internal List<EventData> Events { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Hub = await TestHub.StartAsync();
        await using var producer = Hub.Producer();
        for (var i = 0; i < 5; i++)
        {
            await producer.SendAsync([new EventData($"{i}")], new SendEventOptions { PartitionId = "0" });
            // Enqueued times have milliseconds, and the positions by time below have to tell the events apart.
            await Task.Delay(5);
        }
        Events = await Hub.ReadAllAsync();
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

public sealed class PositionTests(FiveEvents five) : IClassFixture<FiveEvents>
{
    [Theory]
    [InlineData("earliest", 0)]
    [InlineData("sequence 2 exclusive", 3)]
    [InlineData("sequence 2 inclusive", 2)]
    [InlineData("sequence 4 exclusive", 5)]
    [InlineData("offset 2 exclusive", 3)]
    [InlineData("offset 2 inclusive", 2)]
    [InlineData("offset 4 exclusive", 5)]
    [InlineData("time before 2", 2)]
    [InlineData("time of 4", 5)]
    [InlineData("latest", 5)]
    public async Task A_reader_begins_where_it_asks(string position, int first)
    {
        await using var receiver = five.Hub.Receiver("0", Position(position));
        var expected = Enumerable.Range(first, 5 - first).Select(i => $"{i}");
        Assert.Equal(expected, (await TestHub.ReadAsync(receiver, 5 - first)).Select(one => one.EventBody.ToString()));
        Assert.Empty(await receiver.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Latest_is_what_comes_after_the_reader_has_come(bool byTime)
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        await producer.SendAsync([new EventData("before")], new SendEventOptions { PartitionId = "0" });
        await using var receiver = hub.Receiver("0", byTime ? EventPosition.FromEnqueuedTime(DateTimeOffset.UtcNow.AddSeconds(1)) : EventPosition.Latest);
        Assert.Empty(await receiver.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(byTime ? 1100 : 200)));
        await producer.SendAsync([new EventData("after")], new SendEventOptions { PartitionId = "0" });
        Assert.Equal("after", (await TestHub.ReadAsync(receiver, 1))[0].EventBody.ToString());
    }

    [Theory]
    [InlineData("offset 99999999", "The supplied offset")]
    [InlineData("sequence 99", "The supplied sequence number")]
    public async Task A_place_behind_the_end_is_refused(string position, string told)
    {
        await using var receiver = five.Hub.Receiver("0", position.StartsWith('o') ? EventPosition.FromOffset("99999999") : EventPosition.FromSequenceNumber(99));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => receiver.ReceiveBatchAsync(1, TimeSpan.FromMinutes(1)));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_wants_to_know_how_far_the_partition_reaches_is_told_with_each_event()
    {
        await using var receiver = five.Hub.Receiver("0", EventPosition.Earliest, new() { TrackLastEnqueuedEventProperties = true });
        await TestHub.ReadAsync(receiver, 1);
        var last = receiver.ReadLastEnqueuedEventProperties();
        Assert.Equal((4L, five.Events[4].OffsetString, five.Events[4].EnqueuedTime), (last.SequenceNumber, last.OffsetString, last.EnqueuedTime));
        Assert.InRange(last.LastReceivedTime!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddSeconds(1));
    }

    private EventPosition Position(string name) => name.Split(' ') switch
    {
        ["earliest"] => EventPosition.Earliest,
        ["latest"] => EventPosition.Latest,
        ["sequence", var number, var kind] => EventPosition.FromSequenceNumber(long.Parse(number), kind == "inclusive"),
        ["offset", var number, var kind] => EventPosition.FromOffset(five.Events[int.Parse(number)].OffsetString, kind == "inclusive"),
        ["time", "before", var number] => EventPosition.FromEnqueuedTime(five.Events[int.Parse(number)].EnqueuedTime.AddMilliseconds(-1)),
        ["time", "of", var number] => EventPosition.FromEnqueuedTime(five.Events[int.Parse(number)].EnqueuedTime),
        _ => throw new ArgumentException(name),
    };
}
