using System.Diagnostics;

namespace IoTBackend.Core.Readings;

/// <summary>
/// Spans along a reading's way, by OpenTelemetry's messaging conventions: <c>send telemetry</c> at ingest continues the
/// device's trace and travels with the event; <c>process telemetry</c> takes a batch of many traces and links to them.
/// </summary>
public static class TelemetryTracing
{
    public const string Name = "IoTBackend.Telemetry";

    private const string Hub = "telemetry";

    /// <summary>A batch may hold a thousand traces; a collector drops what exceeds its limit of links anyway (128 by default).</summary>
    private const int MaxLinks = 128;

    private static readonly ActivitySource Source = new(Name);

    /// <summary>The trace context, or null where it is not one of W3C's: whatever a device sends ends up in stores and headers.</summary>
    public static string? Valid(string? traceParent) =>
        traceParent is { Length: 55 } && ActivityContext.TryParse(traceParent, null, out _) ? traceParent : null;

    /// <summary>Null where nobody listens.</summary>
    internal static Activity? Send(string? traceParent)
    {
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent);
        var activity = Source.StartActivity("send " + Hub, ActivityKind.Producer, parent);
        return Describe(activity, "send");
    }

    /// <summary>Null where nobody listens.</summary>
    internal static Activity? Process(int partition, IReadOnlyList<HubEvent> events)
    {
        if (!Source.HasListeners())
            return null;
        var links = events
            .Select(e => ActivityContext.TryParse(e.TraceParent, null, isRemote: true, out var context) ? context : default)
            .Where(c => c != default)
            .Distinct()
            .Take(MaxLinks)
            .Select(c => new ActivityLink(c));
        var activity = Source.StartActivity("process " + Hub, ActivityKind.Consumer, default(ActivityContext), links: links);
        return Describe(activity, "process")?
            .SetTag("messaging.destination.partition.id", partition.ToString(null as IFormatProvider))
            .SetTag("messaging.batch.message_count", events.Count);
    }

    private static Activity? Describe(Activity? activity, string operation) => activity?
        .SetTag("messaging.system", "eventhubs")
        .SetTag("messaging.destination.name", Hub)
        .SetTag("messaging.operation.name", operation)
        .SetTag("messaging.operation.type", operation);
}
