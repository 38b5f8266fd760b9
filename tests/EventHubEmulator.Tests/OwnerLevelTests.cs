using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;

namespace EventHubEmulator.Tests;

public sealed class OwnerLevelTests
{
    [Theory]
    [InlineData(null, 0L)]
    [InlineData(0L, 0L)]
    [InlineData(1L, 2L)]
    public async Task A_newcomer_with_the_same_or_a_higher_level_takes_the_partition_and_the_other_is_told(long? before, long after)
    {
        await using var hub = await TestHub.StartAsync();
        await using var old = await ReadingAsync(hub, before);
        await using var young = await ReadingAsync(hub, after);
        await IsDisconnectedAsync(old);
        Assert.Empty(await young.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
    }

    [Theory]
    [InlineData(2L, 1L)]
    [InlineData(0L, null)]
    public async Task A_newcomer_with_a_lower_level_or_none_is_refused_and_the_owner_reads_on(long before, long? after)
    {
        await using var hub = await TestHub.StartAsync();
        await using var owner = await ReadingAsync(hub, before);
        await using var late = Receiver(hub, after);
        await IsDisconnectedAsync(late);
        Assert.Empty(await owner.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public async Task Another_partition_or_consumer_group_has_owners_of_its_own()
    {
        await using var hub = await TestHub.StartAsync("""{"UserConfig":{"NamespaceConfig":[{"Entities":[{"Name":"telemetry","PartitionCount":2,"ConsumerGroups":[{"Name":"archive"}]}]}]}}""");
        await using var owner = await ReadingAsync(hub, 5);
        await using var beside = hub.Receiver("1", EventPosition.Earliest, new() { OwnerLevel = 0 });
        await using var archive = hub.Receiver("0", EventPosition.Earliest, new() { OwnerLevel = 0 }, "archive");
        foreach (var reader in new[] { beside, archive, owner }) Assert.Empty(await reader.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public async Task Five_readers_without_a_level_share_a_partition_and_a_sixth_is_refused_until_one_leaves()
    {
        await using var hub = await TestHub.StartAsync();
        var readers = new List<PartitionReceiver>();
        for (var i = 0; i < 5; i++) readers.Add(await ReadingAsync(hub, null));
        await using var sixth = hub.Receiver("0", EventPosition.Earliest);
        var refused = await Assert.ThrowsAsync<EventHubsException>(() => sixth.ReceiveBatchAsync(1, TimeSpan.FromMinutes(1)));
        Assert.Equal(EventHubsException.FailureReason.QuotaExceeded, refused.Reason);
        await readers[0].DisposeAsync();
        Assert.Empty(await sixth.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    private static PartitionReceiver Receiver(TestHub hub, long? level) => hub.Receiver("0", EventPosition.Earliest, new() { OwnerLevel = level });

    private static async Task<PartitionReceiver> ReadingAsync(TestHub hub, long? level)
    {
        var receiver = Receiver(hub, level);
        Assert.Empty(await receiver.ReceiveBatchAsync(1, TimeSpan.FromMilliseconds(100)));
        return receiver;
    }

    private static async Task IsDisconnectedAsync(PartitionReceiver receiver)
    {
        var lost = await Assert.ThrowsAsync<EventHubsException>(() => receiver.ReceiveBatchAsync(1, TimeSpan.FromMinutes(1)));
        Assert.Equal(EventHubsException.FailureReason.ConsumerDisconnected, lost.Reason);
    }
}
