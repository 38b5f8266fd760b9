using System.Globalization;
using Azure.Messaging.EventHubs;
using IoTBackend.Core.Readings.CloudEvents;

namespace IoTBackend.Adapters.Ingest;

/// <summary>
/// A CloudEvent's context as application properties, <c>cloudEvents:</c> and the attribute's name; senders whose libraries do
/// not allow the colon write <c>cloudEvents_</c> (CloudEvents 1.0, AMQP protocol binding section 3.1.3).
/// </summary>
public static class HubCloudEvent
{
    private static readonly Attribute SpecVersion = new("specversion");
    private static readonly Attribute Id = new("id");
    private static readonly Attribute Source = new("source");
    private static readonly Attribute Type = new("type");
    private static readonly Attribute Time = new("time");
    private static readonly Attribute Trace = new("traceparent");

    /// <summary>Null = the event is not one in binary mode.</summary>
    public static CloudEventAttributes? Read(EventData @event) =>
        @event.Properties.Count > 0 && Text(@event, SpecVersion) is { } version
            ? new(version, Text(@event, Id), Text(@event, Source), Text(@event, Type), Text(@event, Time))
            : null;

    /// <summary>W3C trace context, where the sender has put it among the event's attributes (distributed tracing extension).</summary>
    public static string? TraceParent(EventData @event) => @event.Properties.Count > 0 ? Text(@event, Trace) : null;

    internal static void Write(CloudEventAttributes attributes, EventData @event)
    {
        foreach (var (attribute, value) in (ReadOnlySpan<(Attribute, string?)>)
            [(SpecVersion, attributes.SpecVersion), (Id, attributes.Id), (Source, attributes.Source), (Type, attributes.Type), (Time, attributes.Time)])
        {
            if (value is not null)
                @event.Properties[attribute.Property] = value;
        }
    }

    private static string? Text(EventData @event, Attribute attribute) =>
        !@event.Properties.TryGetValue(attribute.Property, out var value) && !@event.Properties.TryGetValue(attribute.OtherProperty, out value)
            ? null
            : value switch
            {
                string text => text,
                DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
                DateTime time => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
                Uri uri => uri.ToString(),
                _ => null,
            };

    /// <summary>Both spellings of an attribute's property, put together once: they are looked for in every event.</summary>
    private sealed class Attribute(string name)
    {
        public string Property { get; } = "cloudEvents:" + name;

        public string OtherProperty { get; } = "cloudEvents_" + name;
    }
}
