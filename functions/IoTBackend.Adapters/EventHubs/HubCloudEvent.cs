using System.Globalization;
using Azure.Messaging.EventHubs;
using IoTBackend.Core.Telemetry.CloudEvents;

namespace IoTBackend.Adapters.EventHubs;

/// <summary>
/// A CloudEvent's context as application properties, <c>cloudEvents:</c> and the attribute's name; senders whose libraries do
/// not allow the colon write <c>cloudEvents_</c> (CloudEvents 1.0, AMQP protocol binding section 3.1.3).
/// </summary>
public static class HubCloudEvent
{
    private const string Prefix = "cloudEvents:";
    private const string OtherPrefix = "cloudEvents_";

    /// <summary>Null = the event is not one in binary mode.</summary>
    public static CloudEventAttributes? Read(EventData @event) =>
        @event.Properties.Count > 0 && Text(@event, "specversion") is { } version
            ? new(version, Text(@event, "id"), Text(@event, "source"), Text(@event, "type"), Text(@event, "time"))
            : null;

    /// <summary>W3C trace context, where the sender has put it among the event's attributes (distributed tracing extension).</summary>
    public static string? TraceParent(EventData @event) => @event.Properties.Count > 0 ? Text(@event, "traceparent") : null;

    internal static void Write(CloudEventAttributes attributes, EventData @event)
    {
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)
            [("specversion", attributes.SpecVersion), ("id", attributes.Id), ("source", attributes.Source), ("type", attributes.Type), ("time", attributes.Time)])
        {
            if (value is not null)
                @event.Properties[Prefix + name] = value;
        }
    }

    private static string? Text(EventData @event, string attribute) =>
        !@event.Properties.TryGetValue(Prefix + attribute, out var value) && !@event.Properties.TryGetValue(OtherPrefix + attribute, out value)
            ? null
            : value switch
            {
                string text => text,
                DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
                DateTime time => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
                Uri uri => uri.ToString(),
                _ => null,
            };
}
