using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// A stored event, little-endian: length of all that follows the checksum (4), CRC32C of it (4), sequence number (8), enqueued time in
/// Unix milliseconds (8), length of the AMQP header section (2), flags (2: bit 0 = more of the same batch follows,
/// bit 1 = of an idempotent producer, who is named among the annotations), then the event as it is
/// delivered: header section, message annotations, and the sender's sections byte for byte.
/// </summary>
internal static class Record
{
    public const int HeaderBytes = 28;
    public const int PrefixBytes = 8;
    public const ushort MoreOfBatch = 1, Idempotent = 2;

    /// <summary>Less than the hub's own annotations alone make of the smallest event.</summary>
    public const int MinimumBytes = 100;

    /// <summary>What a delivery can grow to at most: the message limit and the hub's own annotations.</summary>
    public const int MaximumBytes = (1024 * 1024) + (64 * 1024);

    public static int LengthAt(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record) + PrefixBytes;
    public static long SequenceNumber(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
    public static long EnqueuedMilliseconds(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[16..]);
    public static int AmqpHeaderBytes(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[24..]);
    public static bool HasMoreOfBatch(ReadOnlySpan<byte> record) => (record[26] & MoreOfBatch) != 0;
    public static bool IsIdempotent(ReadOnlySpan<byte> record) => (record[26] & Idempotent) != 0;

    /// <summary>Fills in the header in front of a payload that is already in place.</summary>
    public static void Seal(Span<byte> record, long sequenceNumber, long enqueuedMilliseconds, int amqpHeaderBytes, ushort flags)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - PrefixBytes);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], sequenceNumber);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], enqueuedMilliseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(record[24..], (ushort)amqpHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(record[26..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc32C(record[PrefixBytes..]));
    }

    /// <summary>The whole record at the start of <paramref name="bytes"/>, or false when it is torn, damaged, or not all there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (bytes.Length < HeaderBytes) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < HeaderBytes - PrefixBytes or > MaximumBytes || length > bytes.Length - PrefixBytes) return false;
        var candidate = bytes[..(length + PrefixBytes)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(candidate[4..]) != Crc32C(candidate[PrefixBytes..])) return false;
        if (AmqpHeaderBytes(candidate) > candidate.Length - HeaderBytes) return false;
        record = candidate;
        return true;
    }

    /// <summary>The bytes up to their end are what the checksum was made of.</summary>
    public static bool HasOnlyItsLengthWrong(ReadOnlySpan<byte> record) =>
        record.Length >= HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) == Crc32C(record[PrefixBytes..]);

    /// <summary>CRC-32C (Castagnoli, RFC 3720 B.4) by the processor's own instruction.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
