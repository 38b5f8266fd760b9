using System.Diagnostics.Metrics;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Names are a contract; tags are from closed sets.
/// <list type="table">
/// <item><term><c>iot.alerts.steps</c></term><description>{step}; iot.alert.kind, iot.alert.change, outcome = news, repeated</description></item>
/// <item><term><c>iot.alerts.deliveries</c></term><description>{notice}; outcome = delivered, retried, dead_lettered, dropped (the channel was removed)</description></item>
/// <item><term><c>iot.alerts.delivery.duration</c></term><description>s, of one attempt</description></item>
/// </list>
/// </summary>
public sealed class AlertsMeter
{
    public const string Name = "IoTBackend.Alerts";

    private readonly Counter<long> _steps;
    private readonly Counter<long> _deliveries;
    private readonly Histogram<double> _duration;

    public AlertsMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _steps = meter.CreateCounter<long>("iot.alerts.steps", "{step}");
        _deliveries = meter.CreateCounter<long>("iot.alerts.deliveries", "{notice}");
        _duration = meter.CreateHistogram<double>("iot.alerts.delivery.duration", "s");
    }

    internal void Dispatched(AlertTransition step, bool isNews) => _steps.Add(
        1, new("iot.alert.kind", step.Kind.Name()), new("iot.alert.change", step.Change.ToString()), new("outcome", isNews ? "news" : "repeated"));

    internal void Delivered(string outcome, int notices) => _deliveries.Add(notices, new KeyValuePair<string, object?>("outcome", outcome));

    internal void Attempted(TimeSpan duration) => _duration.Record(duration.TotalSeconds);
}
