using System.Globalization;
using System.Text;
using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Whole records in a segment's bytes that follow one another without a hole.</summary>
internal readonly record struct RecordRun(int Start, int End, int LastStart, long First, long Last, bool EndsInsideBatch)
{
    /// <summary>All there are, with numbers above the given one.</summary>
    public static List<RecordRun> AllIn(ReadOnlySpan<byte> bytes, long above)
    {
        var runs = new List<RecordRun>();
        for (var at = Segment.HeaderBytes; at < bytes.Length;)
        {
            if (!Record.TryRead(bytes[at..], out var record) || Record.SequenceNumber(record) <= above)
            {
                at = LogDamage.NextRecord(bytes, at, above);
                if (at < 0) break;
                continue;
            }
            var number = Record.SequenceNumber(record);
            if (runs is not [.., var before] || before.End != at || before.Last + 1 != number) runs.Add(new(at, at, at, number, number, false));
            runs[^1] = runs[^1] with { End = at + record.Length, LastStart = at, Last = number, EndsInsideBatch = Record.HasMoreOfBatch(record) };
            (above, at) = (number, at + record.Length);
        }
        return runs;
    }

    /// <summary>The records; the last one ends its batch, whatever is lost of it.</summary>
    public byte[] Close(ReadOnlySpan<byte> bytes)
    {
        var records = bytes[Start..End].ToArray();
        var last = records.AsSpan(LastStart - Start);
        if (EndsInsideBatch)
            Record.Seal(last, Last, Record.EnqueuedMilliseconds(last), Record.AmqpHeaderBytes(last), Record.IsIdempotent(last) ? Record.Idempotent : (ushort)0);
        return records;
    }

    /// <summary>The offset that readers know the first record by.</summary>
    public long OffsetOfFirst(ReadOnlySpan<byte> bytes)
    {
        Record.TryRead(bytes[Start..], out var record);
        return long.Parse(Encoding.ASCII.GetString(MessageSections.Parse(record[Record.HeaderBytes..]).Annotation("x-opt-offset"u8)), CultureInfo.InvariantCulture);
    }
}
