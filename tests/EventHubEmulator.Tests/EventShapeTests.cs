using Azure.Core.Amqp;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

public sealed class EventShapeTests
{
    private static readonly object[] Values =
    [
        "ü", 'c', true, (byte)1, (sbyte)-1, (short)-2, (ushort)2, -3, 3u, -4L, 4ul, 1.5f, 2.5, 3.5m,
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(3), new Uri("http://example.org/x"),
    ];

    [Fact]
    public async Task Properties_of_every_type_come_back_as_they_were()
    {
        var sent = new EventData("x");
        foreach (var value in Values) sent.Properties[value.GetType().Name] = value;
        Assert.Equal(sent.Properties, (await RoundTripAsync(sent)).Properties);
    }

    [Fact]
    public async Task Bodies_of_values_and_sequences_and_all_parts_of_a_message_come_back()
    {
        var sent = new AmqpAnnotatedMessage(AmqpMessageBody.FromValue(new Dictionary<string, object> { ["a"] = 1 }));
        (sent.Header.Priority, sent.Header.TimeToLive) = (3, TimeSpan.FromMinutes(1));
        (sent.Properties.Subject, sent.Properties.GroupId, sent.Properties.UserId) = ("s", "g", new byte[] { 1, 2 });
        (sent.MessageAnnotations["mine"], sent.Footer["foot"]) = (7, "f");
        var back = (await RoundTripAsync(new EventData(sent))).GetRawAmqpMessage();
        Assert.True(back.Body.TryGetValue(out var value));
        Assert.Equal(1, Assert.IsAssignableFrom<IDictionary<string, object>>(value)["a"]);
        Assert.Equal(((byte?)3, "s", "g"), (back.Header.Priority, back.Properties.Subject, back.Properties.GroupId));
        Assert.Equal((7, "f"), (back.MessageAnnotations["mine"], back.Footer["foot"]));
        var sequence = await RoundTripAsync(new EventData(new AmqpAnnotatedMessage(AmqpMessageBody.FromSequence([[1, "two"]]))));
        Assert.True(sequence.GetRawAmqpMessage().Body.TryGetSequence(out var lists));
        Assert.Equal([1, "two"], lists!.Single());
    }

    [Fact]
    public async Task What_only_the_hub_may_say_is_not_taken_from_a_sender()
    {
        var sent = new EventData("x");
        foreach (var name in new[] { "x-opt-sequence-number", "x-opt-offset", "x-opt-enqueued-time", "x-opt-publisher" }) sent.GetRawAmqpMessage().MessageAnnotations[name] = "forged";
        var back = await RoundTripAsync(sent);
        Assert.Equal((0L, "0"), (back.SequenceNumber, back.OffsetString));
        Assert.DoesNotContain("x-opt-publisher", back.SystemProperties.Keys);
    }

    private static async Task<EventData> RoundTripAsync(EventData sent)
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = hub.Producer();
        await producer.SendAsync([sent], new SendEventOptions { PartitionId = "0" });
        await using var receiver = hub.Receiver("0", EventPosition.Earliest);
        return (await TestHub.ReadAsync(receiver, 1))[0];
    }
}
