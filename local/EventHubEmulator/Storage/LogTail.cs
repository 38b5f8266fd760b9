namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>How far a partition is durable. Sequence number -1 and offset -1: nothing was ever stored.</summary>
internal sealed record LogTail(long SequenceNumber, long Offset, long EnqueuedMilliseconds, Segment? Segment, long Position)
{
    public static LogTail None { get; } = new(-1, -1, 0, null, 0);

    public bool IsEmpty => SequenceNumber < 0;

    public static LogTail Of(Segment segment) => segment.IsEmpty
        ? new(segment.BaseSequence - 1, segment.BaseOffset - 1, 0, segment, segment.Length)
        : new(segment.LastSequence, segment.OffsetAt(segment.LastPosition), segment.LastEnqueuedMilliseconds, segment, segment.Length);
}
