using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>What a full segment need not be scanned for at the next start.</summary>
internal sealed record SavedIndex(
    long Length, long LastSequence, long LastPosition, long FirstEnqueuedMilliseconds, long LastEnqueuedMilliseconds, IndexEntry[] Entries);

/// <summary>
/// <c>.idx</c> beside a full segment: five numbers (8 bytes each, little-endian), the entries, CRC32C. A missing or damaged one costs a scan, no more.
/// </summary>
internal static class SegmentIndexFile
{
    private const int NumbersBytes = 5 * sizeof(long);

    public static string PathOf(string segmentPath) => System.IO.Path.ChangeExtension(segmentPath, ".idx");

    public static void Write(Segment segment)
    {
        var entries = MemoryMarshal.AsBytes(segment.Index.ToArray().AsSpan());
        var bytes = new byte[NumbersBytes + entries.Length + sizeof(uint)];
        ReadOnlySpan<long> numbers =
        [
            segment.Length, segment.LastSequence, segment.LastPosition, segment.FirstEnqueuedMilliseconds, segment.LastEnqueuedMilliseconds,
        ];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), numbers[i]);
        entries.CopyTo(bytes.AsSpan(NumbersBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint)), Record.Crc32C(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        File.WriteAllBytes(PathOf(segment.Path), bytes);
    }

    public static SavedIndex? TryRead(string segmentPath, long fileLength)
    {
        var path = PathOf(segmentPath);
        if (!File.Exists(path)) return null;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < NumbersBytes + sizeof(uint)) return null;
        var content = bytes.AsSpan(0, bytes.Length - sizeof(uint));
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(content.Length)) != Record.Crc32C(content)) return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(content);
        if (length != fileLength) return null;
        return new(length, Number(content, 1), Number(content, 2), Number(content, 3), Number(content, 4),
            MemoryMarshal.Cast<byte, IndexEntry>(content[NumbersBytes..]).ToArray());
    }

    private static long Number(ReadOnlySpan<byte> content, int index) => BinaryPrimitives.ReadInt64LittleEndian(content[(index * sizeof(long))..]);
}
