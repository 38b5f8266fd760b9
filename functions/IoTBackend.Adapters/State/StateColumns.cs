using System.Buffers.Binary;
using System.Numerics;
using Azure.Data.Tables;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.State;

/// <summary>
/// A device's state in its row: <c>State</c>, and <c>Check</c>, the CRC-32C of it (rows of version 0.2 and before have none). A state that reads as
/// nonsense would stop the whole shard wherever it is used; so it is found out here.
/// </summary>
internal static class StateColumns
{
    public const string State = "State";
    private const string Check = "Check";

    public static void Write(TableEntity row, byte[] state)
    {
        row[State] = state;
        row[Check] = Crc32C(state);
    }

    /// <summary>The bytes as they are stored; empty where there are none.</summary>
    public static byte[] BytesOf(TableEntity row) => row.TryGetValue(State, out var value) && value is byte[] bytes ? bytes : [];

    /// <param name="row">As it was read.</param>
    /// <param name="record">What it says.</param>
    /// <param name="damage">Why it says nothing; empty where it does.</param>
    public static bool TryRead(TableEntity row, out DeviceRecord record, out string damage)
    {
        var bytes = BytesOf(row);
        (record, damage) = (default, "");
        try
        {
            if (row.TryGetValue(Check, out var check) && !Equals(check, Crc32C(bytes)))
                damage = "its checksum is another";
            else
                record = DeviceRecord.FromBytes(bytes);
            // Without a checksum, times and figures that cannot be are found by looking at them.
            if (check is null)
                _ = record.Detection.Health(new(), record.LastSeen);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            damage = e.Message;
        }

        return damage.Length == 0;
    }

    /// <summary>RFC 3720, appendix B.4: the processor's instruction takes eight bytes at once.</summary>
    internal static int Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return (int)~crc;
    }
}
