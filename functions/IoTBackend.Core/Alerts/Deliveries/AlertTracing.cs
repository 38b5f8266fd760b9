using System.Diagnostics;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Spans along an alert's way, in the trace of the reading that caused it. The context of <c>deliver alert</c> goes out with the
/// request (header <c>traceparent</c>), so that a receiver may go on from there. Null where nobody listens.
/// </summary>
internal static class AlertTracing
{
    private static readonly ActivitySource Source = new("IoTBackend.Alerts");

    public static Activity? Dispatch(AlertTransition step) => Start("dispatch alert", ActivityKind.Consumer, step.TraceParent)?
        .SetTag("iot.alert.kind", step.Kind.Name());

    public static Activity? Deliver(Message message, Channel channel) => Start("deliver alert", ActivityKind.Client, message.Notices[0].TraceParent)?
        .SetTag("iot.alert.kind", message.Notices[0].Alert.Kind.Name())
        .SetTag("iot.alert.count", message.Notices.Count)
        .SetTag("iot.alert.channel", channel.TypeName);

    public static void End(Activity? activity, DeliveryOutcome outcome) =>
        activity?.SetStatus(outcome.Delivered ? ActivityStatusCode.Ok : ActivityStatusCode.Error, outcome.Delivered ? null : outcome.Reason);

    private static Activity? Start(string name, ActivityKind kind, string? traceParent)
    {
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent);
        return Source.StartActivity(name, kind, parent);
    }
}
