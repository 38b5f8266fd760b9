using System.Buffers;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Reads durable records in order. Not thread-safe; a partition may have any number of readers.</summary>
internal sealed class LogReader(PartitionLog log)
{
    private Segment? _segment;
    private long _position;

    /// <summary>Number of the next event, as far as it is known.</summary>
    public long NextSequence { get; private set; }

    /// <summary>Moves to a start position.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It lies behind the end of the partition.</exception>
    public void Seek(StartPosition start)
    {
        var tail = log.Tail;
        (_segment, _position, NextSequence) = (tail.Segment, tail.Position, tail.SequenceNumber + 1);
        if (start.Kind == StartKind.Latest || tail.Segment is null) return;
        CheckNotPastEnd(start, tail);
        var segments = log.Segments;
        var index = 0;
        while (index < segments.Count - 1 && Precedes(segments[index], start)) index++;
        (_segment, _position) = (segments[index], FloorPosition(segments[index], start));
        NextSequence = _segment.BaseSequence;
        SkipTo(start);
    }

    /// <summary>
    /// Fills the buffer with bytes of records from here on: usually many, the last one perhaps incomplete. 0: at the end for now.
    /// Retention may drop the segment under a slow reader, who then goes on with the oldest there is, as with the real service.
    /// </summary>
    public int Read(Span<byte> buffer)
    {
        while (true)
        {
            var tail = log.Tail;
            if (tail.Segment is null) return 0;
            if (_segment is null)
            {
                (_segment, _position) = (log.Segments[0], Segment.HeaderBytes);
                NextSequence = _segment.BaseSequence;
            }
            var end = ReferenceEquals(_segment, tail.Segment) ? tail.Position : _segment.Length;
            if (_position >= end)
            {
                if (_segment.BaseSequence >= tail.Segment.BaseSequence || log.After(_segment) is not { } next) return 0;
                (_segment, _position) = (next, Segment.HeaderBytes);
                NextSequence = next.BaseSequence;
                continue;
            }
            try
            {
                var wanted = (int)Math.Min(buffer.Length, end - _position);
                return RandomAccess.Read(_segment.Handle, buffer[..wanted], _position);
            }
            catch (ObjectDisposedException)
            {
                _segment = null;
            }
        }
    }

    /// <summary>The record at the start of what was read is done with.</summary>
    public void Advance(ReadOnlySpan<byte> record)
    {
        _position += record.Length;
        NextSequence = Record.SequenceNumber(record) + 1;
    }

    private void SkipTo(StartPosition start)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Record.MaximumBytes + Record.PrefixBytes);
        try
        {
            while (Read(buffer) is var read and > 0)
                if (SkipTo(start, buffer.AsSpan(0, read))) return;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>True when the place is reached, or a record cannot be read: the delivery will say so.</summary>
    private bool SkipTo(StartPosition start, ReadOnlySpan<byte> records)
    {
        var rest = records;
        while (Record.TryRead(rest, out var record))
        {
            if (IsAtOrBehind(start, record)) return true;
            Advance(record);
            rest = rest[record.Length..];
        }
        return rest.Length == records.Length;
    }

    private bool IsAtOrBehind(StartPosition start, ReadOnlySpan<byte> record)
    {
        var key = start.Kind switch
        {
            StartKind.SequenceNumber => Record.SequenceNumber(record),
            StartKind.EnqueuedMilliseconds => Record.EnqueuedMilliseconds(record),
            _ => _segment!.OffsetAt(_position),
        };
        return start.IsInclusive ? key >= start.Value : key > start.Value;
    }

    private static bool Precedes(Segment segment, StartPosition start)
    {
        var last = start.Kind switch
        {
            StartKind.SequenceNumber => segment.LastSequence,
            StartKind.EnqueuedMilliseconds => segment.LastEnqueuedMilliseconds,
            _ => segment.OffsetAt(segment.LastPosition),
        };
        return start.IsInclusive ? last < start.Value : last <= start.Value;
    }

    private static long FloorPosition(Segment segment, StartPosition start) => Math.Max(Segment.HeaderBytes, start.Kind switch
    {
        StartKind.SequenceNumber => segment.Index.PositionBefore(start.Value, entry => entry.SequenceNumber),
        StartKind.EnqueuedMilliseconds => segment.Index.PositionBefore(start.Value, entry => entry.EnqueuedMilliseconds),
        _ => segment.Index.PositionBefore(start.Value, entry => segment.OffsetAt(entry.Position)),
    });

    private static void CheckNotPastEnd(StartPosition start, LogTail tail)
    {
        var last = start.Kind switch
        {
            StartKind.SequenceNumber => tail.SequenceNumber,
            StartKind.Offset => tail.Offset,
            _ => long.MaxValue,
        };
        // "After the last" and "from the next one on" are both the end, not behind it.
        var furthest = start.Kind == StartKind.SequenceNumber && start.IsInclusive ? last + 1 : last;
        if (start.Value > furthest && start.Value >= 0)
            throw new ArgumentOutOfRangeException(nameof(start), start.Value, $"The supplied {(start.Kind == StartKind.Offset ? "offset" : "sequence number")} '{start.Value}' is invalid. The last one in the system is '{last}'.");
    }
}
