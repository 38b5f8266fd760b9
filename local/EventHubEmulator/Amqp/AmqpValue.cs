using System.Buffers.Binary;

namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>Values of maps whose content the hub looks at: application properties of requests, properties of links.</summary>
internal static class AmqpValue
{
    /// <summary>By name; string and symbol keys alike. What is neither text nor a number or boolean reads as null.</summary>
    public static Dictionary<string, object?> ReadProperties(ref AmqpReader reader)
    {
        var map = reader.ReadMap(out var pairs);
        var properties = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < pairs; i++)
        {
            if (map.PeekCode() is 0xa1 or 0xb1 or 0xa3 or 0xb3)
            {
                var key = map.ReadText()!;
                properties[key] = Read(map.ReadRaw());
            }
            else
            {
                map.ReadRaw();
                map.ReadRaw();
            }
        }
        return properties;
    }

    public static long? Number(ReadOnlySpan<byte> value) => value.IsEmpty ? null : Read(value) as long?;

    private static object? Read(ReadOnlySpan<byte> value) => value[0] switch
    {
        0x41 => true,
        0x42 => false,
        0x56 => value[1] == 1,
        0xa1 or 0xb1 or 0xa3 or 0xb3 => new AmqpReader(value).ReadText(),
        0x43 or 0x44 => 0L,
        0x50 or 0x52 or 0x53 => (long)value[1],
        0x51 or 0x54 or 0x55 => (long)(sbyte)value[1],
        0x60 => (long)BinaryPrimitives.ReadUInt16BigEndian(value[1..]),
        0x61 => (long)BinaryPrimitives.ReadInt16BigEndian(value[1..]),
        0x70 => (long)BinaryPrimitives.ReadUInt32BigEndian(value[1..]),
        0x71 => (long)BinaryPrimitives.ReadInt32BigEndian(value[1..]),
        0x80 or 0x81 or 0x83 => BinaryPrimitives.ReadInt64BigEndian(value[1..]),
        _ => null,
    };

    /// <summary>The names in a symbol, or in an array of symbols, as capabilities are sent.</summary>
    public static bool ContainsSymbol(ReadOnlySpan<byte> value, ReadOnlySpan<byte> symbol) => value.IndexOf(symbol) >= 0;
}
