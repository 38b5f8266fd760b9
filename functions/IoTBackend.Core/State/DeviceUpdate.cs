using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <summary>One device's record while a batch is taken in: a copy, so that nothing is lost when the commit does not come about.</summary>
internal sealed class DeviceUpdate(Device device, DetectionPolicy policy, DeviceRecord record)
{
    private readonly List<Signal> _signals = [];
    private List<AlertTransition>? _alerts;
    private DeviceRecord _record = record;

    public Device Device => device;

    /// <summary>It has something to store.</summary>
    public bool IsChanged { get; private set; }

    public bool IsSilent => _record.Detection.Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline;

    /// <summary>
    /// The hub delivered it before, or ingest appended it twice because an acknowledgement was lost. A low number on an event that came
    /// later than all before it is a new one: of a hub that was made anew and counts from the beginning.
    /// </summary>
    public bool HasSeen(int partition, in HubEvent @event) =>
        (_record.Positions.HasSeen(partition, @event.SequenceNumber) && @event.EnqueuedAt <= _record.LastSeen)
        || (@event.Append is { } append && _record.Appends.HasSeen(append.Process, append.Number));

    /// <summary>Takes an event in whole, or, where that fails, not at all.</summary>
    public void Observe(int partition, in HubEvent @event, List<Reading> readings)
    {
        var before = _record;
        try
        {
            Take(partition, @event, readings);
            IsChanged = true;
        }
        catch
        {
            _record = before;
            _signals.Clear();
            throw;
        }
    }

    private void Take(int partition, in HubEvent @event, List<Reading> readings)
    {
        foreach (var reading in readings)
        {
            Detectors.Observe(policy, ref _record.Detection, reading, @event.EnqueuedAt, _signals);
            _record.Readings++;
            _record.SequenceSum += (ulong)(reading.Sequence ?? 0);
        }

        if (@event.EnqueuedAt > _record.LastSeen)
            _record.LastSeen = @event.EnqueuedAt;
        _record.Positions.Advance(partition, @event.SequenceNumber);
        if (@event.Append is { } append)
            _record.Appends.Advance(append.Process, append.Number);
        TakeSignals(_signals.Count > 0 ? TelemetryTracing.Valid(@event.TraceParent) : null);
    }

    public void Judge(DateTimeOffset watermark, DateTimeOffset heldSince)
    {
        Detectors.Judge(policy, ref _record.Detection, watermark, heldSince, _signals);
        TakeSignals(traceParent: null);
    }

    /// <summary>No further than overdue: a group is looked at before a member of it is told by itself.</summary>
    public void JudgeOverdue(DateTimeOffset watermark, DateTimeOffset heldSince)
    {
        if (IsSilent)
            return;
        // Says since when silence counts, and nothing else yet.
        Judge(DateTimeOffset.UnixEpoch, heldSince);
        if (Detectors.DueAt(policy, _record.Detection) is { } overdue)
            Judge(overdue < watermark ? overdue : watermark, heldSince);
    }

    public delegate void Telling(ref DetectionState state, List<Signal> signals);

    public void Tell(Telling tell)
    {
        tell(ref _record.Detection, _signals);
        TakeSignals(traceParent: null);
    }

    /// <param name="lazily">The index row stays where it is unless the device falls due earlier: the sweep moves it when it gets there.</param>
    public DeviceChange ToChange(bool lazily)
    {
        var due = Detectors.DueAt(policy, _record.Detection);
        if (!lazily || _record.DueAt is null || due < _record.DueAt)
            _record.DueAt = due;
        return new(device.Id, _record, _alerts is null ? [] : AlertSteps.Fold(_alerts));
    }

    private void TakeSignals(string? traceParent)
    {
        foreach (var signal in _signals)
        {
            (_alerts ??= []).Add(new()
            {
                AlertId = AlertTransition.IdOf(device.Id, signal.Kind, signal.RaisedAt),
                Change = signal.Change,
                Kind = signal.Kind,
                Severity = signal.Severity,
                DeviceId = device.Id,
                Groups = device.Groups,
                Summary = signal.Summary,
                RaisedAt = signal.RaisedAt,
                At = signal.At,
                Cause = signal.Cause,
                Evidence = signal.Evidence,
                TraceParent = traceParent,
            });
        }

        _signals.Clear();
    }
}
