using System.Runtime.InteropServices;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>One entry: the record at <see cref="Position"/> in the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct IndexEntry(long SequenceNumber, long Position, long EnqueuedMilliseconds);

/// <summary>Every 64 KiB of a segment, where a record starts: a search reads at most that much of the file.</summary>
internal sealed class SparseIndex
{
    private const long EveryBytes = 64 * 1024;
    private readonly Lock _lock = new();
    private readonly List<IndexEntry> _entries = [];

    public SparseIndex() { }
    public SparseIndex(IEnumerable<IndexEntry> entries) => _entries.AddRange(entries);

    public void Note(long sequenceNumber, long position, long enqueuedMilliseconds)
    {
        lock (_lock)
            if (_entries.Count == 0 || position - _entries[^1].Position >= EveryBytes)
                _entries.Add(new(sequenceNumber, position, enqueuedMilliseconds));
    }

    /// <summary>The last entry before the searched place, by the ascending key; 0 where there is none.</summary>
    public long PositionBefore(long key, Func<IndexEntry, long> keyOf)
    {
        lock (_lock)
        {
            var (low, high) = (0, _entries.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (keyOf(_entries[middle]) < key) low = middle + 1;
                else high = middle;
            }
            return low == 0 ? 0 : _entries[low - 1].Position;
        }
    }

    public IndexEntry[] ToArray()
    {
        lock (_lock) return [.. _entries];
    }
}
