namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Tells a write that a kill has cut short, which nobody was told of, from damage to what was acknowledged.</summary>
internal static class LogDamage
{
    /// <summary>What is behind the last whole record of a segment.</summary>
    public static byte[] Unreadable(Segment segment)
    {
        var bytes = new byte[Math.Max(0, RandomAccess.GetLength(segment.Handle) - segment.ReadableBytes)];
        for (var read = 0; read < bytes.Length;)
            read += RandomAccess.Read(segment.Handle, bytes.AsSpan(read), segment.ReadableBytes + read);
        return bytes;
    }

    /// <summary>
    /// A kill leaves the beginning of a write. A record that is all there and yet wrong, one that says of itself what cannot be, or a whole one behind it,
    /// was damaged later.
    /// </summary>
    public static bool IsUnfinishedWrite(ReadOnlySpan<byte> unreadable, long lastSequence) =>
        !IsAllThere(unreadable) && !Record.HasOnlyItsLengthWrong(unreadable) && IsBegun(unreadable, lastSequence) && NextRecord(unreadable, 0, lastSequence) < 0;

    /// <summary>Its first bytes are those of a record that is longer; or nothing but zeros, as a file system leaves what it had no time to fill.</summary>
    private static bool IsBegun(ReadOnlySpan<byte> unreadable, long lastSequence) =>
        unreadable.Length < Record.HeaderBytes || !unreadable.ContainsAnyExcept((byte)0)
        || (Record.LengthAt(unreadable) is var length && length > unreadable.Length && length <= Record.MaximumBytes + Record.PrefixBytes && Record.SequenceNumber(unreadable) > lastSequence);

    /// <summary>
    /// Where the next whole record begins, from <paramref name="from"/> on, that is numbered above the given number; -1 when there is none.
    /// </summary>
    public static int NextRecord(ReadOnlySpan<byte> bytes, int from, long above)
    {
        var rest = bytes[from..];
        // Usually the length is right. Only where it is not is every place looked at: an event may hold what looks like a record.
        if (IsAllThere(rest) && from + Record.LengthAt(rest) is var next && IsRecord(bytes, next, above)) return next;
        for (var at = from; at < bytes.Length; at++)
            if (IsRecord(bytes, at, above)) return at;
        return -1;
    }

    private static bool IsAllThere(ReadOnlySpan<byte> record) =>
        record.Length >= Record.HeaderBytes && Record.LengthAt(record) is >= Record.HeaderBytes and <= Record.MaximumBytes + Record.PrefixBytes
        && Record.LengthAt(record) <= record.Length;

    private static bool IsRecord(ReadOnlySpan<byte> bytes, int at, long above)
    {
        if (bytes.Length - at < Record.HeaderBytes) return false;
        // The cheap test first: no more numbers can have been between than records have room.
        var sequence = Record.SequenceNumber(bytes[at..]);
        return sequence > above && sequence - above <= (bytes.Length / Record.HeaderBytes) + 1 && Record.TryRead(bytes[at..], out _);
    }
}
