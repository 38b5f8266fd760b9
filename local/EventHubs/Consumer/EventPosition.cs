using System.Globalization;

namespace Azure.Messaging.EventHubs.Consumer;

/// <summary>Where in a partition to begin to read.</summary>
public struct EventPosition : IEquatable<EventPosition>
{
    internal string? OffsetString { get; private init; }
    internal long? SequenceNumber { get; private init; }
    internal DateTimeOffset? EnqueuedTime { get; private init; }
    internal bool IsInclusive { get; private init; }

    /// <summary>From the first event the hub still has.</summary>
    public static EventPosition Earliest => new() { OffsetString = "-1" };

    /// <summary>After the last event there is when the receiver attaches.</summary>
    public static EventPosition Latest => new() { OffsetString = "@latest" };

    public static EventPosition FromOffset(string offsetString, bool isInclusive = true) =>
        new() { OffsetString = offsetString ?? throw new ArgumentNullException(nameof(offsetString)), IsInclusive = isInclusive };

    public static EventPosition FromSequenceNumber(long sequenceNumber, bool isInclusive = true) =>
        new() { SequenceNumber = sequenceNumber, IsInclusive = isInclusive };

    public static EventPosition FromEnqueuedTime(DateTimeOffset enqueuedTime) => new() { EnqueuedTime = enqueuedTime };

    /// <summary>The selector the hub understands (<c>amqp.annotation.x-opt-...</c>).</summary>
    internal readonly string ToSelector()
    {
        var comparison = IsInclusive ? ">=" : ">";
        if (SequenceNumber is { } sequence)
            return string.Create(CultureInfo.InvariantCulture, $"amqp.annotation.x-opt-sequence-number {comparison} '{sequence}'");
        if (EnqueuedTime is { } time)
            return string.Create(CultureInfo.InvariantCulture, $"amqp.annotation.x-opt-enqueued-time > '{time.ToUnixTimeMilliseconds()}'");
        return $"amqp.annotation.x-opt-offset {comparison} '{OffsetString ?? "-1"}'";
    }

    public readonly bool Equals(EventPosition other) =>
        OffsetString == other.OffsetString && SequenceNumber == other.SequenceNumber
        && EnqueuedTime == other.EnqueuedTime && IsInclusive == other.IsInclusive;
    public override readonly bool Equals(object? obj) => obj is EventPosition other && Equals(other);
    public override readonly int GetHashCode() => HashCode.Combine(OffsetString, SequenceNumber, EnqueuedTime, IsInclusive);
    public override readonly string ToString() => ToSelector();
    public static bool operator ==(EventPosition left, EventPosition right) => left.Equals(right);
    public static bool operator !=(EventPosition left, EventPosition right) => !left.Equals(right);
}
