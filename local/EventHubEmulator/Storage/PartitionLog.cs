using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// An append-only log in segments. <see cref="Append"/> numbers events and puts them into the pending group; a commit thread writes the group, syncs it
/// and only then shows it to readers and to its senders. If the disk refuses, the whole group is taken back, so numbers have no hole.
/// </summary>
internal sealed class PartitionLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CommitPool _pool;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly string _directory;
    private readonly Action<string> _report;
    private readonly List<AsyncSignal> _readers = [];

    private readonly IdempotentProducers _producers;

    private AmqpWriter _pending = new(64 * 1024), _spare = new(64 * 1024);
    private List<IAppendObserver> _observers = [], _spareObservers = [];
    private bool _scheduled;
    private int _lastGroup;
    private long _nextSequence, _nextOffset, _lastMilliseconds;
    private volatile Segment[] _segments;
    private volatile LogTail _tail;

    public PartitionLog(string directory, CommitPool pool, LogOptions options, TimeProvider time, Action<string> report)
    {
        (_directory, _pool, _options, _time, _report) = (directory, pool, options, time, report);
        Directory.CreateDirectory(directory);
        if (options.Repair) LogRepair.Run(directory, report);
        _segments = LogRecovery.Open(directory, report);
        _producers = ProducersFile.Recover(_segments);
        _tail = _segments.Length == 0 ? LogTail.None : LogTail.Of(_segments[^1]);
        ResetToTail();
    }

    public LogTail Tail => _tail;
    public IReadOnlyList<Segment> Segments => _segments;
    public long BeginSequenceNumber => _segments is [var first, ..] ? first.BaseSequence : 0;

    /// <summary>What an idempotent producer has published last; null when nothing is known of it.</summary>
    public (short Epoch, int Sequence)? LastOf(long producer)
    {
        lock (_gate) return _producers.LastOf(producer);
    }

    /// <param name="batch">Who published it under which numbers; a repeat is told as committed when what it repeats is.</param>
    /// <exception cref="AmqpException">What <paramref name="write"/> throws, or the numbers do not follow; then nothing was appended.</exception>
    public void Append<T>(WriteBatch<T> write, T state, IAppendObserver observer, PublishedBatch? batch = null) where T : allows ref struct
    {
        lock (_gate)
        {
            var before = _pending.Length;
            if (batch is null || !_producers.IsRepeat(batch.Value)) AppendToPending(write, state, batch);
            _observers.Add(observer);
            _pool.Took(_pending.Length - before);
            if (_scheduled) return;
            _scheduled = true;
        }
        _pool.Schedule(this);
    }

    private void AppendToPending<T>(WriteBatch<T> write, T state, PublishedBatch? batch) where T : allows ref struct
    {
        var before = _pending.Length;
        var now = Math.Max(_lastMilliseconds, _time.GetUtcNow().ToUnixTimeMilliseconds());
        var writer = new BatchWriter(_pending, _nextSequence, _nextOffset, now, batch is null ? (ushort)0 : Record.Idempotent);
        try
        {
            write(ref writer, state);
        }
        catch
        {
            _pending.Truncate(before);
            throw;
        }
        writer.Finish();
        (_nextSequence, _nextOffset, _lastMilliseconds) = (writer.NextSequence, writer.NextOffset, now);
        if (batch is not null) _producers.Note(batch.Value, _nextSequence - 1);
    }

    /// <summary>On a commit thread: one group, written and synced.</summary>
    public void Commit()
    {
        AmqpWriter group;
        List<IAppendObserver> observers;
        // Several senders at once: what they send while this waits shares the sync. A lone sender is not kept waiting.
        if (_lastGroup > 1) CommitPool.Linger();
        lock (_gate)
        {
            (group, _pending, _spare) = (_pending, _spare, _pending);
            (observers, _observers, _spareObservers) = (_observers, _spareObservers, _observers);
        }
        _lastGroup = observers.Count;
        try
        {
            // A group of nothing but repeats has nothing to write; what they repeat is on the disk already.
            if (group.Length > 0) Write(group);
            foreach (var observer in observers) observer.Committed();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TakeBack(observers, error);
        }
        foreach (var observer in observers) observer.Flush();
        observers.Clear();
        var bytes = group.Length;
        group.Clear(keepAtMost: 4 * 1024 * 1024);
        _pool.Released(bytes);
        lock (_gate)
        {
            if (_observers.Count == 0)
            {
                _scheduled = false;
                return;
            }
        }
        _pool.Schedule(this);
    }

    public void Subscribe(AsyncSignal signal)
    {
        lock (_readers) _readers.Add(signal);
    }

    public void Unsubscribe(AsyncSignal signal)
    {
        lock (_readers) _readers.Remove(signal);
    }

    /// <summary>The segment after the given one, or after where it was; the first one when it is older than all.</summary>
    public Segment? After(Segment segment) => _segments.FirstOrDefault(candidate => candidate.BaseSequence > segment.BaseSequence);

    /// <summary>Drops whole segments that are too old or too many. The one being written stays.</summary>
    public void Retain()
    {
        var oldest = _time.GetUtcNow().Subtract(_options.Retention).ToUnixTimeMilliseconds();
        lock (_gate)
        {
            var total = _segments.Sum(segment => segment.Length);
            while (_segments is [var first, _, ..] && (first.LastEnqueuedMilliseconds < oldest || total > _options.RetentionBytes))
            {
                total -= first.Length;
                _segments = _segments[1..];
                first.Delete();
            }
        }
    }

    public void Dispose()
    {
        foreach (var segment in _segments) segment.Dispose();
    }

    private void Write(AmqpWriter group)
    {
        var segment = SegmentFor(group);
        RandomAccess.Write(segment.Handle, group.Written, segment.Length);
        RandomAccess.FlushToDisk(segment.Handle);
        segment.Extend(group.Written);
        _tail = LogTail.Of(segment);
        lock (_readers)
            foreach (var reader in _readers) reader.Set();
    }

    private Segment SegmentFor(AmqpWriter group)
    {
        var current = _segments.Length > 0 ? _segments[^1] : null;
        var tail = _tail;
        if (current is not null && !IsFull(current, group.Length)) return current;
        if (current is { IsEmpty: false }) current.SaveIndex();
        var nextOffset = current is null ? 0 : current.OffsetAt(current.Length);
        var first = tail.SequenceNumber + 1;
        lock (_gate) ProducersFile.Write(Segment.PathOf(_directory, first), _producers, first);
        var segment = Segment.Create(_directory, first, nextOffset);
        lock (_gate) _segments = [.. _segments, segment];
        return segment;
    }

    private bool IsFull(Segment segment, int more)
    {
        if (segment.IsEmpty) return false;
        if (segment.Length + more > _options.SegmentBytes) return true;
        // Else a quiet partition would keep everything in one segment, and nothing could ever be dropped for its age.
        var age = _time.GetUtcNow().ToUnixTimeMilliseconds() - segment.FirstEnqueuedMilliseconds;
        return age > _options.Retention.TotalMilliseconds / 4;
    }

    private void TakeBack(List<IAppendObserver> observers, Exception error)
    {
        _report($"cannot write to {_directory}: {error.Message}");
        var refusal = new AmqpError(AmqpError.ServerBusy, "The hub cannot store events at the moment; try again.");
        lock (_gate)
        {
            // What came in after the group carries numbers that follow it.
            observers.AddRange(_observers);
            _observers.Clear();
            _pool.Released(_pending.Length);
            _pending.Clear();
            ResetToTail();
            _producers.ForgetAfter(_tail.SequenceNumber);
        }
        try
        {
            if (_segments.Length > 0) _segments[^1].CutTail();
        }
        catch (IOException cut)
        {
            // The next group is written over the same place, and a start cuts what is behind it.
            _report($"cannot cut {_segments[^1].Path}: {cut.Message}");
        }
        foreach (var observer in observers) observer.Failed(refusal);
    }

    private void ResetToTail()
    {
        (_nextSequence, _lastMilliseconds) = (_tail.SequenceNumber + 1, _tail.EnqueuedMilliseconds);
        _nextOffset = _tail.Segment is { } segment ? segment.OffsetAt(segment.Length) : 0;
    }
}
