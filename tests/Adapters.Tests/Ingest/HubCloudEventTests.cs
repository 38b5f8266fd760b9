using Azure.Messaging.EventHubs;
using IoTBackend.Adapters.Ingest;

namespace Adapters.Tests.Ingest;

public sealed class HubCloudEventTests
{
    [Theory]
    [InlineData("cloudEvents:")]
    [InlineData("cloudEvents_")]
    public void A_context_is_read_under_either_prefix(string prefix)
    {
        var attributes = HubCloudEvent.Read(Event(prefix))!;
        Assert.Null(attributes.Problem);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero), DateTimeOffset.Parse(attributes.Time!, null));
    }

    [Fact]
    public void What_ingest_writes_is_what_processing_reads()
    {
        var attributes = HubCloudEvent.Read(Event("cloudEvents_"))!;
        var @event = new EventData("{}");
        HubCloudEvent.Write(attributes, @event);
        Assert.Equal(attributes, HubCloudEvent.Read(@event));
    }

    [Fact]
    public void A_time_of_AMQPs_own_type_is_understood()
    {
        var @event = Event("cloudEvents:");
        @event.Properties["cloudEvents:time"] = new DateTime(2026, 11, 23, 9, 0, 0, DateTimeKind.Utc);
        Assert.Equal("2026-11-23T09:00:00.0000000Z", HubCloudEvent.Read(@event)!.Time);
    }

    [Fact]
    public void An_event_without_a_version_is_no_CloudEvent()
    {
        var @event = Event("cloudEvents:");
        @event.Properties.Remove("cloudEvents:specversion");
        Assert.Null(HubCloudEvent.Read(@event));
    }

    private static EventData Event(string prefix) => new("{}")
    {
        Properties =
        {
            [prefix + "specversion"] = "1.0", [prefix + "id"] = "1", [prefix + "source"] = "/a", [prefix + "type"] = "t", [prefix + "time"] = "2026-11-23T09:00:00Z",
        },
    };
}
