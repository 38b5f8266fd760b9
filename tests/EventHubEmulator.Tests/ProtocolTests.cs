using System.Text;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.EventHubEmulator.Amqp;

namespace EventHubEmulator.Tests;

public sealed class ProtocolTests
{
    private const string Partition0 = "telemetry/ConsumerGroups/$Default/Partitions/0";

    [Fact]
    public async Task A_credit_that_is_granted_again_and_again_is_not_added_up()
    {
        await using var hub = await FilledAsync(30);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "in", receives: true, Partition0);
        for (var i = 0; i < 5; i++) peer.Credit(2, 0, 10);
        Assert.Equal(10, peer.CountTransfers());
    }

    [Fact]
    public async Task A_credit_that_is_lowered_is_lowered()
    {
        await using var hub = await FilledAsync(30);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "in", receives: true, Partition0);
        peer.Credit(2, 0, 10);
        Assert.Equal(10, peer.CountTransfers());
        peer.Credit(2, 10, 8);
        peer.Credit(2, 10, 3);
        peer.Credit(2, 10, 8);
        Assert.Equal(8, peer.CountTransfers());
    }

    [Fact]
    public async Task Draining_gives_back_the_credit_that_no_event_used()
    {
        await using var hub = await FilledAsync(2);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "in", receives: true, Partition0);
        peer.Credit(2, 0, 10, drain: true);
        var flow = new AmqpReader(peer.ReadUntil(Frames.Flow));
        flow.ReadDescriptor();
        var fields = flow.ReadList(out _);
        for (var i = 0; i < 5; i++) fields.ReadRaw();
        Assert.Equal((10u, 0u), (fields.ReadUInt(), fields.ReadUInt()));
    }

    [Fact]
    public async Task A_delivery_that_is_aborted_halfway_leaves_nothing()
    {
        await using var hub = await FilledAsync(0);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "out", receives: false, "telemetry/Partitions/0");
        peer.Transfer(2, 1, 0, RawPeer.Message("never"), more: true);
        peer.Transfer(2, 1, 0, [], aborted: true);
        peer.Transfer(2, 2, 0, RawPeer.Message("this"));
        peer.ReadUntil(Frames.Disposition);
        await using var receiver = hub.Receiver("0", EventPosition.Earliest);
        Assert.Equal("this", Assert.Single(await receiver.ReceiveBatchAsync(10, TimeSpan.FromMinutes(1))).EventBody.ToString());
    }

    [Theory]
    [InlineData("00537500")]
    [InlineData("00537591")]
    [InlineData("005374d1000000100000000aa10161")]
    [InlineData("005375a003616263005373c00100")]
    [InlineData("00537500000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("616263")]
    public async Task A_message_that_cannot_be_read_is_rejected_and_the_link_goes_on(string hex)
    {
        await using var hub = await FilledAsync(0);
        using var peer = new RawPeer(hub.Port).Open();
        peer.Attach(2, "out", receives: false, "telemetry/Partitions/0");
        peer.Transfer(2, 1, 0, Convert.FromHexString(hex));
        Assert.Contains("amqp:decode-error", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Disposition)), StringComparison.Ordinal);
        peer.Transfer(2, 2, 0, RawPeer.Message("good"));
        peer.ReadUntil(Frames.Disposition);
        await using var producer = hub.Producer();
        Assert.Equal(0, (await producer.GetPartitionPropertiesAsync("0")).LastEnqueuedSequenceNumber);
    }

    [Fact]
    public async Task A_frame_before_the_open_closes_the_connection_with_an_error()
    {
        await using var hub = await FilledAsync(0);
        using var peer = new RawPeer(hub.Port);
        peer.Send(Frames.AmqpHeader);
        peer.ReadExactly(8);
        peer.Send(Frames.Begin, w => w.Null(), 1);
        Assert.Contains("amqp:not-allowed", Encoding.Latin1.GetString(peer.ReadUntil(Frames.Close)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_protocol_is_answered_with_the_one_that_is_spoken_here()
    {
        await using var hub = await FilledAsync(0);
        using var peer = new RawPeer(hub.Port);
        peer.Send("GET / HTTP/1.1\r\n\r\n"u8);
        Assert.Equal(Frames.AmqpHeader.ToArray(), peer.ReadExactly(8));
        Assert.Null(peer.Read());
    }

    private static async Task<TestHub> FilledAsync(int count)
    {
        var hub = await TestHub.StartAsync();
        if (count == 0) return hub;
        await using var producer = hub.Producer();
        await producer.SendAsync(Enumerable.Range(0, count).Select(i => new EventData($"{i}")), new SendEventOptions { PartitionId = "0" });
        return hub;
    }
}
