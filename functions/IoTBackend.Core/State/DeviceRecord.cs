using IoTBackend.Core.Detection;

namespace IoTBackend.Core.State;

/// <summary>All that is stored of what a device reported. A value: a copy is independent.</summary>
public struct DeviceRecord
{
    private const byte Version = 1;

    /// <summary>Which events it has taken in.</summary>
    public HighWaterMarks Positions;

    /// <summary>Which appends of which ingest processes it has taken in.</summary>
    public HighWaterMarks Appends;

    /// <summary>Readings taken in, ever.</summary>
    public long Readings;

    /// <summary>Sum of the counters (<c>seq</c>) of those readings, modulo 2^64: with <see cref="Readings"/> a check that each was counted once.</summary>
    public ulong SequenceSum;

    /// <summary>Arrival of the newest reading.</summary>
    public DateTimeOffset LastSeen;

    /// <summary>Under which time the device stands in the due-index; null = it does not.</summary>
    public DateTimeOffset? DueAt;

    public DetectionState Detection;

    public static DeviceRecord FromBytes(byte[] stored)
    {
        using var reader = new BinaryReader(new MemoryStream(stored));
        if (reader.ReadByte() is var version && version != Version)
            throw new InvalidDataException($"A device's state was written by a newer version ({version}) of the backend.");
        var record = new DeviceRecord
        {
            Positions = HighWaterMarks.Read(reader),
            Appends = HighWaterMarks.Read(reader),
            Readings = reader.Read7BitEncodedInt64(),
            SequenceSum = reader.ReadUInt64(),
            LastSeen = new(reader.ReadInt64(), TimeSpan.Zero),
            DueAt = reader.ReadInt64() is var due and not 0 ? new(due, TimeSpan.Zero) : null,
        };
        record.Detection = DetectionState.Read(stored.AsSpan((int)reader.BaseStream.Position));
        return record;
    }

    public readonly byte[] ToBytes()
    {
        Span<byte> detection = stackalloc byte[DetectionState.MaxBytes];
        var detectionBytes = Detection.Write(detection);
        using var stream = new MemoryStream(128 + detectionBytes);
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        Positions.Write(writer);
        Appends.Write(writer);
        writer.Write7BitEncodedInt64(Readings);
        writer.Write(SequenceSum);
        writer.Write(LastSeen.UtcTicks);
        writer.Write(DueAt?.UtcTicks ?? 0);
        writer.Write(detection[..detectionBytes]);
        return stream.ToArray();
    }
}
