using System.Diagnostics.Metrics;

namespace IoTBackend.Core.Telemetry;

/// <summary>
/// Every way an event or a reading can end. Names are a contract; no tag has more than a handful of values.
/// <list type="table">
/// <item><term><c>iot.telemetry.readings</c></term><description>{reading}; outcome = accepted, rejected (at ingest), stored</description></item>
/// <item><term><c>iot.telemetry.events</c></term><description>{event}; outcome = received, dead_lettered</description></item>
/// <item><term><c>iot.telemetry.delay</c></term><description>s, from the hub's acknowledgement to the stored state</description></item>
/// </list>
/// </summary>
public sealed class TelemetryMeter
{
    public const string Name = "IoTBackend.Telemetry";

    private readonly Counter<long> _readings;
    private readonly Counter<long> _events;
    private readonly Histogram<double> _delay;
    private readonly TimeProvider _time;

    public TelemetryMeter(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(Name);
        _readings = meter.CreateCounter<long>("iot.telemetry.readings", "{reading}");
        _events = meter.CreateCounter<long>("iot.telemetry.events", "{event}");
        _delay = meter.CreateHistogram<double>("iot.telemetry.delay", "s");
    }

    internal void Ingested(int accepted, int rejected)
    {
        if (accepted > 0)
            _readings.Add(accepted, new KeyValuePair<string, object?>("outcome", "accepted"));
        if (rejected > 0)
            _readings.Add(rejected, new KeyValuePair<string, object?>("outcome", "rejected"));
    }

    internal void Stored(int readings) => _readings.Add(readings, new KeyValuePair<string, object?>("outcome", "stored"));

    internal void Processed(IReadOnlyList<HubEvent> events, List<DeadLetter> letters)
    {
        _events.Add(events.Count, new KeyValuePair<string, object?>("outcome", "received"));
        if (letters.Count > 0)
            _events.Add(letters.Select(l => l.Event.SequenceNumber).Distinct().Count(), new KeyValuePair<string, object?>("outcome", "dead_lettered"));
        if (events.Count > 0)
            _delay.Record((_time.GetUtcNow() - events[0].EnqueuedAt).TotalSeconds);
    }
}
