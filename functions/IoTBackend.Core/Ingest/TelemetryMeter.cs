using System.Diagnostics.Metrics;
using IoTBackend.Core.Readings;

namespace IoTBackend.Core.Ingest;

/// <summary>
/// Every way an event or a reading can end. Names are a contract; no tag has more than a handful of values.
/// <list type="table">
/// <item><term><c>iot.telemetry.readings</c></term><description>{reading}; outcome = accepted, rejected (at ingest), stored, dead_lettered (of an event that was stored otherwise)</description></item>
/// <item><term><c>iot.telemetry.ignored</c></term><description>{field}; fields that could not be used, of readings that were stored without them; field = its name (a closed set: every metric is <c>metrics</c>, every SenML record <c>record</c>)</description></item>
/// <item><term><c>iot.telemetry.events</c></term><description>{event}; outcome = received, which is the sum of the others: stored (a reading of it at least), duplicate (seen before), dead_lettered</description></item>
/// <item><term><c>iot.telemetry.throttled</c></term><description>{request}; requests of devices that had sent too much</description></item>
/// <item><term><c>iot.telemetry.delay</c></term><description>s, from the hub's acknowledgement to the stored state</description></item>
/// </list>
/// </summary>
public sealed class TelemetryMeter
{
    public const string Name = "IoTBackend.Telemetry";

    private readonly Counter<long> _readings;
    private readonly Counter<long> _ignored;
    private readonly Counter<long> _events;
    private readonly Counter<long> _throttled;
    private readonly Histogram<double> _delay;
    private readonly TimeProvider _time;

    public TelemetryMeter(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(Name);
        _readings = meter.CreateCounter<long>("iot.telemetry.readings", "{reading}");
        _ignored = meter.CreateCounter<long>("iot.telemetry.ignored", "{field}");
        _events = meter.CreateCounter<long>("iot.telemetry.events", "{event}");
        _throttled = meter.CreateCounter<long>("iot.telemetry.throttled", "{request}");
        _delay = meter.CreateHistogram<double>("iot.telemetry.delay", "s");
    }

    internal void Ingested(int accepted, int rejected)
    {
        Add(_readings, accepted, "accepted");
        Add(_readings, rejected, "rejected");
    }

    /// <summary>A request that was answered 429.</summary>
    public void Throttled() => _throttled.Add(1);

    /// <summary>Once their states are stored: what is delivered again because they were not is not counted before.</summary>
    internal void Processed(int received, EventOutcomes outcomes, DateTimeOffset enqueuedAt)
    {
        Add(_events, received, "received");
        Add(_events, outcomes.Stored, "stored");
        Add(_events, outcomes.Duplicates, "duplicate");
        Add(_events, outcomes.DeadLettered, "dead_lettered");
        Add(_readings, outcomes.Readings, "stored");
        Add(_readings, outcomes.RefusedReadings, "dead_lettered");
        for (var field = 0; field < (outcomes.Ignored?.Length ?? 0); field++)
        {
            if (outcomes.Ignored![field] is > 0 and var count)
                _ignored.Add(count, new KeyValuePair<string, object?>("field", ((ReadingField)field).Name()));
        }

        _delay.Record((_time.GetUtcNow() - enqueuedAt).TotalSeconds);
    }

    private static void Add(Counter<long> counter, int count, string outcome)
    {
        if (count > 0)
            counter.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
    }
}

/// <summary>How the events of a batch ended, and their readings.</summary>
/// <param name="Stored">Events of which a reading at least was stored.</param>
/// <param name="Duplicates">Events seen before.</param>
/// <param name="DeadLettered">Events of which nothing was stored.</param>
/// <param name="Readings">Readings stored.</param>
/// <param name="RefusedReadings">Readings refused, of events that were stored otherwise.</param>
internal record struct EventOutcomes(int Stored, int Duplicates, int DeadLettered, int Readings, int RefusedReadings)
{
    /// <summary>Fields ignored, by <see cref="ReadingField"/>; null = none.</summary>
    public int[]? Ignored { get; private set; }

    public static EventOutcomes operator +(EventOutcomes a, EventOutcomes b)
    {
        var sum = new EventOutcomes(
            a.Stored + b.Stored, a.Duplicates + b.Duplicates, a.DeadLettered + b.DeadLettered, a.Readings + b.Readings, a.RefusedReadings + b.RefusedReadings);
        sum.Add(a.Ignored);
        sum.Add(b.Ignored);
        return sum;
    }

    public void Ignore(ParsedTelemetry parsed)
    {
        if (parsed.IgnoredCount > 0)
            Add(parsed.IgnoredCounts);
    }

    private void Add(ReadOnlySpan<int> ignored)
    {
        if (ignored.IsEmpty)
            return;
        Ignored ??= new int[(int)ReadingField.Count];
        for (var field = 0; field < Ignored.Length; field++)
            Ignored[field] += ignored[field];
    }
}
