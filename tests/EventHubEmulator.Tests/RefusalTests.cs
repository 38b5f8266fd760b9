using System.Text;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.EventHubEmulator.Amqp;

namespace EventHubEmulator.Tests;

/// <summary>What Microsoft's client makes of the hub's refusals: the reasons its documentation names.</summary>
public sealed class RefusalTests
{
    private const string SendOnly = """{"UserConfig":{"NamespaceConfig":[{"Entities":[{"Name":"telemetry","PartitionCount":4,"AuthorizationRules":[{"Name":"sender","PrimaryKey":"k","Rights":["Send"]},{"Name":"listener","PrimaryKey":"l","Rights":["Listen"]}]}]}]}}""";

    [Fact]
    public async Task A_hub_or_a_group_that_is_not_there_is_not_found_and_a_partition_is_a_wrong_argument()
    {
        await using var hub = await TestHub.StartAsync();
        await using var elsewhere = hub.Producer(hub.ConnectionString.Replace("EntityPath=telemetry", "EntityPath=nowhere", StringComparison.Ordinal), TestHub.Once);
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, (await Assert.ThrowsAsync<EventHubsException>(() => elsewhere.SendAsync([new EventData("x")]))).Reason);
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, (await Assert.ThrowsAsync<EventHubsException>(() => elsewhere.GetEventHubPropertiesAsync())).Reason);
        await using var group = hub.Receiver("0", EventPosition.Earliest, group: "nobody");
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, (await Assert.ThrowsAsync<EventHubsException>(() => group.ReceiveBatchAsync(1, TimeSpan.FromMinutes(1)))).Reason);
        await using var producer = hub.Producer();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => producer.SendAsync([new EventData("x")], new SendEventOptions { PartitionId = "4" }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => producer.GetPartitionPropertiesAsync("4"));
    }

    [Fact]
    public async Task A_rule_that_may_only_send_cannot_read_and_the_other_way_round()
    {
        await using var hub = await TestHub.StartAsync(SendOnly);
        await using var producer = hub.Producer(hub.ConnectionStringFor("listener", "l"), TestHub.Once);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => producer.SendAsync([new EventData("x")]));
        await using var receiver = new PartitionReceiver("$Default", "0", EventPosition.Earliest, hub.ConnectionStringFor("sender", "k"), new() { RetryOptions = TestHub.Once });
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => receiver.ReceiveBatchAsync(1, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task An_event_that_is_too_large_is_refused_by_the_client_and_by_the_hub()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        var refused = await Assert.ThrowsAsync<EventHubsException>(() => producer.SendAsync([new EventData(new byte[1024 * 1024])]));
        Assert.Equal(EventHubsException.FailureReason.MessageSizeExceeded, refused.Reason);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "out", receives: false, "telemetry/Partitions/0");
        for (var part = 0; part < 18; part++) peer.Transfer(2, 1, 0, new byte[60_000], more: part < 17);
        Assert.Contains("amqp:link:message-size-exceeded", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Disposition)), StringComparison.Ordinal);
        Assert.True((await producer.GetPartitionPropertiesAsync("0")).IsEmpty);
    }
}
