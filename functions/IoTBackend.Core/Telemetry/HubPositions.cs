using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Telemetry;

/// <summary>
/// Up to where a device's state has seen the hub: the last sequence number per partition. An event at or before it changes
/// nothing any more. A device is on one partition; a second one appears only when the number of partitions was changed.
/// </summary>
public struct HubPositions
{
    private const int Capacity = 4;

    private Slots _slots;
    private byte _count;

    public readonly bool HasSeen(int partition, long sequenceNumber)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_slots[i].Partition == partition)
                return sequenceNumber <= _slots[i].SequenceNumber;
        }

        return false;
    }

    public void Advance(int partition, long sequenceNumber)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_slots[i].Partition != partition)
                continue;
            _slots[i].SequenceNumber = sequenceNumber;
            return;
        }

        // The oldest is given up: it belongs to a partition the device left three changes ago.
        if (_count == Capacity)
        {
            for (var i = 1; i < Capacity; i++)
                _slots[i - 1] = _slots[i];
            _count--;
        }

        _slots[_count++] = new() { Partition = partition, SequenceNumber = sequenceNumber };
    }

    internal readonly void Write(BinaryWriter writer)
    {
        writer.Write(_count);
        for (var i = 0; i < _count; i++)
        {
            writer.Write7BitEncodedInt(_slots[i].Partition);
            writer.Write7BitEncodedInt64(_slots[i].SequenceNumber);
        }
    }

    internal static HubPositions Read(BinaryReader reader)
    {
        var positions = new HubPositions();
        for (var count = reader.ReadByte(); count > 0; count--)
            positions.Advance(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64());
        return positions;
    }

    private struct Slot
    {
        public int Partition;
        public long SequenceNumber;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private Slot _first;
    }
}
