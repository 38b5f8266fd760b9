using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// A file of records, <c>{first sequence number, 20 digits}.log</c>. Its header, little-endian: magic (8), first sequence number (8),
/// first offset (8), CRC32C of these (4), and zero or, where a repair has lost what was numbered before, that CRC inverted (4). The offset of an event counts bytes of records over all segments of the partition.
/// </summary>
internal sealed class Segment : IDisposable
{
    public const int HeaderBytes = 32;
    private const ulong Magic = 0x31474F4C42554845; // "EHUBLOG1"

    private Segment(string path, SafeFileHandle handle, long baseSequence, long baseOffset, bool followsGap, SparseIndex index)
    {
        (Path, Handle, BaseSequence, BaseOffset, FollowsGap, Index) = (path, handle, baseSequence, baseOffset, followsGap, index);
        LastSequence = baseSequence - 1;
        Length = HeaderBytes;
    }

    public string Path { get; }
    public SafeFileHandle Handle { get; }
    public long BaseSequence { get; }
    public long BaseOffset { get; }

    /// <summary>Numbers between the segment before and this one were lost, and are not given again.</summary>
    public bool FollowsGap { get; }
    public SparseIndex Index { get; }

    /// <summary>Bytes of the file up to the last whole record, its header included.</summary>
    public long Length { get; private set; }

    /// <summary>The first byte of the file that belongs to no whole record.</summary>
    public long ReadableBytes { get; private set; } = HeaderBytes;
    public long LastSequence { get; private set; }
    public long LastPosition { get; private set; }
    public long FirstEnqueuedMilliseconds { get; private set; } = long.MaxValue;
    public long LastEnqueuedMilliseconds { get; private set; } = long.MinValue;

    /// <summary>False when no record is of an idempotent producer.</summary>
    public bool MayHoldIdempotent { get; private set; }

    public bool IsEmpty => LastSequence < BaseSequence;

    public long OffsetAt(long position) => BaseOffset + position - HeaderBytes;

    public static string PathOf(string directory, long baseSequence) =>
        System.IO.Path.Combine(directory, baseSequence.ToString("D20", CultureInfo.InvariantCulture) + ".log");

    public static Segment Create(string directory, long baseSequence, long baseOffset, bool followsGap = false)
    {
        var path = PathOf(directory, baseSequence);
        var handle = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        try
        {
            RandomAccess.Write(handle, Header(baseSequence, baseOffset, followsGap), 0);
            return new(path, handle, baseSequence, baseOffset, followsGap, new());
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static byte[] Header(long baseSequence, long baseOffset, bool followsGap)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), baseSequence);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), baseOffset);
        var crc = Record.Crc32C(header.AsSpan(0, 24));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), crc);
        if (followsGap) BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), ~crc);
        return header;
    }

    /// <summary>From the bytes of a file with a valid header.</summary>
    public static long BaseOffsetOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[16..]);

    /// <summary>Null when the file has no valid header.</summary>
    public static Segment? Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(handle, header, 0) < HeaderBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(header[24..]) != Record.Crc32C(header[..24]))
        {
            handle.Dispose();
            return null;
        }
        var followsGap = BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) == ~BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        var (baseSequence, baseOffset) = (BinaryPrimitives.ReadInt64LittleEndian(header[8..]), BaseOffsetOf(header));
        if (SegmentIndexFile.TryRead(path, RandomAccess.GetLength(handle)) is { } saved)
        {
            return new(path, handle, baseSequence, baseOffset, followsGap, new(saved.Entries))
            {
                Length = saved.Length,
                ReadableBytes = saved.Length,
                LastSequence = saved.LastSequence,
                LastPosition = saved.LastPosition,
                FirstEnqueuedMilliseconds = saved.FirstEnqueuedMilliseconds,
                LastEnqueuedMilliseconds = saved.LastEnqueuedMilliseconds,
                MayHoldIdempotent = true,
            };
        }
        var segment = new Segment(path, handle, baseSequence, baseOffset, followsGap, new());
        segment.ReadableBytes = SegmentScan.Run(segment);
        return segment;
    }

    /// <summary>Takes note of records that are in the file from <see cref="Length"/> on.</summary>
    public void Extend(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            var record = records[..Record.LengthAt(records)];
            var (sequence, enqueued) = (Record.SequenceNumber(record), Record.EnqueuedMilliseconds(record));
            if (IsEmpty) FirstEnqueuedMilliseconds = enqueued;
            (LastSequence, LastPosition, LastEnqueuedMilliseconds) = (sequence, Length, enqueued);
            MayHoldIdempotent |= Record.IsIdempotent(record);
            Index.Note(sequence, Length, enqueued);
            Length += record.Length;
            records = records[record.Length..];
        }
    }

    /// <summary>Bytes that a torn write left behind the last whole batch are cut off; returns how many.</summary>
    public long CutTail()
    {
        var excess = RandomAccess.GetLength(Handle) - Length;
        if (excess > 0) RandomAccess.SetLength(Handle, Length);
        return excess;
    }

    public void SaveIndex() => SegmentIndexFile.Write(this);

    public void Delete()
    {
        File.Delete(Path);
        File.Delete(SegmentIndexFile.PathOf(Path));
        File.Delete(ProducersFile.PathOf(Path));
        Dispose();
    }

    public void Dispose() => Handle.Dispose();
}
