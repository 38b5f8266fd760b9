using System.Runtime.CompilerServices;

namespace IoTBackend.Core.State;

/// <summary>
/// Up to where sources that number what they send have been seen: partitions of the hub, or processes that append to it. What is
/// at or before a mark changes nothing any more. Four sources are kept, the latest used; a device is on one partition and
/// is served by few processes at a time.
/// </summary>
public struct HighWaterMarks
{
    private const int Capacity = 4;

    private Marks _marks;
    private byte _count;

    public readonly bool HasSeen(int source, long number)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_marks[i].Source == source)
                return number <= _marks[i].Number;
        }

        return false;
    }

    public void Advance(int source, long number)
    {
        var at = 0;
        while (at < _count && _marks[at].Source != source)
            at++;
        // Full of others: the one not used for the longest time stands first and is given up.
        if (at == Capacity)
            at = 0;
        else if (at == _count)
            _count++;
        for (; at < _count - 1; at++)
            _marks[at] = _marks[at + 1];
        _marks[at] = new() { Source = source, Number = number };
    }

    internal readonly void Write(BinaryWriter writer)
    {
        writer.Write(_count);
        for (var i = 0; i < _count; i++)
        {
            writer.Write(_marks[i].Source);
            writer.Write7BitEncodedInt64(_marks[i].Number);
        }
    }

    internal static HighWaterMarks Read(BinaryReader reader)
    {
        var marks = new HighWaterMarks();
        for (var count = reader.ReadByte(); count > 0; count--)
            marks.Advance(reader.ReadInt32(), reader.Read7BitEncodedInt64());
        return marks;
    }

    private struct Mark
    {
        public int Source;
        public long Number;
    }

    [InlineArray(Capacity)]
    private struct Marks
    {
        private Mark _first;
    }
}
