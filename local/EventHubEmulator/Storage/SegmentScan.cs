using System.Buffers;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Reads a segment from its start and takes over every whole batch; stops at the first record that is torn or out of sequence.</summary>
internal static class SegmentScan
{
    private const int ChunkBytes = 2 * Record.MaximumBytes;

    /// <summary>Goes over the whole records of a segment that was opened.</summary>
    public static void ForEach(Segment segment, Action<ReadOnlySpan<byte>> visit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (long position = Segment.HeaderBytes; position < segment.Length;)
            {
                var read = RandomAccess.Read(segment.Handle, buffer.AsSpan(0, (int)Math.Min(ChunkBytes, segment.Length - position)), position);
                var used = 0;
                for (; Record.TryRead(buffer.AsSpan(used, read - used), out var record); used += record.Length) visit(record);
                if (used == 0) return;
                position += used;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The place of the first byte that belongs to no whole record.</summary>
    public static long Run(Segment segment)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var next = segment.BaseSequence;
            var position = segment.Length;
            var batch = new List<byte[]>();
            while (true)
            {
                var read = RandomAccess.Read(segment.Handle, buffer.AsSpan(0, ChunkBytes), position);
                var rest = buffer.AsSpan(0, read);
                var used = 0;
                while (Record.TryRead(rest[used..], out var record) && Record.SequenceNumber(record) == next)
                {
                    next++;
                    used += record.Length;
                    if (Record.HasMoreOfBatch(record))
                    {
                        batch.Add(record.ToArray());
                        continue;
                    }
                    foreach (var earlier in batch) segment.Extend(earlier);
                    batch.Clear();
                    segment.Extend(record);
                }
                if (used == 0) return position;
                position += used;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
