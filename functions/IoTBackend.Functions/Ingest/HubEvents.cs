using System.Text.Json;
using Azure.Messaging.EventHubs;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Readings;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

/// <summary>What the trigger brings, in Core's terms.</summary>
internal static class HubEvents
{
    /// <summary>System property stamped by the hub on what a publisher sent.</summary>
    private const string PublisherProperty = "x-opt-publisher";

    /// <summary>The message's own property, under the name the SDK gives it.</summary>
    private const string ContentEncodingProperty = "content-encoding";

    /// <summary>The partition, from the trigger's metadata: the worker passes it as JSON.</summary>
    public static int PartitionOf(FunctionContext context)
    {
        var metadata = context.BindingContext.BindingData["PartitionContext"]?.ToString()
            ?? throw new InvalidOperationException("The trigger names no partition.");
        using var json = JsonDocument.Parse(metadata);
        return int.Parse(json.RootElement.GetProperty("PartitionId").GetString()!, null);
    }

    public static HubEvent[] From(EventData[] events) => Array.ConvertAll(events, From);

    /// <summary>A message's body may be an AMQP value or a sequence, which no device sends and anyone may: the SDK throws when asked for its bytes.</summary>
    private static HubEvent From(EventData e)
    {
        try
        {
            return From(e, e.EventBody.ToMemory(), null);
        }
        catch (NotSupportedException)
        {
            return From(e, default, "The message's body is not bytes (an AMQP data section) but a value or a sequence.");
        }
    }

    private static HubEvent From(EventData e, ReadOnlyMemory<byte> body, string? problem) => new()
    {
        SequenceNumber = e.SequenceNumber,
        EnqueuedAt = e.EnqueuedTime,
        Publisher = Publisher(e),
        DeviceId = Text(e, HubTelemetryLog.DeviceIdProperty),
        Append = Publisher(e) is null ? AppendId.Parse(Text(e, AppendId.Property)) : null,
        ContentType = e.ContentType,
        ContentEncoding = e.SystemProperties.TryGetValue(ContentEncodingProperty, out var encoding) ? encoding?.ToString() : null,
        Event = HubCloudEvent.Read(e),
        Body = body,
        Problem = problem,
        TraceParent = Text(e, HubTelemetryLog.TraceParentProperty) ?? HubCloudEvent.TraceParent(e),
    };

    private static string? Publisher(EventData e) => e.SystemProperties.TryGetValue(PublisherProperty, out var publisher) ? publisher?.ToString() : null;

    private static string? Text(EventData e, string property) => e.Properties.TryGetValue(property, out var value) ? value as string : null;
}
