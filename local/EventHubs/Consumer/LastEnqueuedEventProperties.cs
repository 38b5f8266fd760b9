namespace Azure.Messaging.EventHubs.Consumer;

/// <summary>How far a partition reached when its last event was delivered: the reader's lag.</summary>
public struct LastEnqueuedEventProperties(
    long? lastSequenceNumber,
    string? lastOffsetString,
    DateTimeOffset? lastEnqueuedTime,
    DateTimeOffset? lastReceivedTime) : IEquatable<LastEnqueuedEventProperties>
{
    public long? SequenceNumber { get; } = lastSequenceNumber;
    public string? OffsetString { get; } = lastOffsetString;
    public DateTimeOffset? EnqueuedTime { get; } = lastEnqueuedTime;
    public DateTimeOffset? LastReceivedTime { get; } = lastReceivedTime;

    public readonly bool Equals(LastEnqueuedEventProperties other) =>
        SequenceNumber == other.SequenceNumber && OffsetString == other.OffsetString
        && EnqueuedTime == other.EnqueuedTime && LastReceivedTime == other.LastReceivedTime;
    public override readonly bool Equals(object? obj) => obj is LastEnqueuedEventProperties other && Equals(other);
    public override readonly int GetHashCode() => HashCode.Combine(SequenceNumber, OffsetString, EnqueuedTime, LastReceivedTime);
    public static bool operator ==(LastEnqueuedEventProperties left, LastEnqueuedEventProperties right) => left.Equals(right);
    public static bool operator !=(LastEnqueuedEventProperties left, LastEnqueuedEventProperties right) => !left.Equals(right);
}
