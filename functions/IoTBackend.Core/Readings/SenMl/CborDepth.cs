using System.Buffers.Binary;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>
/// How deep a CBOR body nests, told by its heads alone in one pass and without memory: the reader keeps a frame for each
/// level, and hundreds of thousands of levels fit into a body. Whether the body makes sense is left to the reader.
/// </summary>
internal static class CborDepth
{
    private const int MaxMax = 32;

    /// <param name="body">Any bytes.</param>
    /// <param name="max">Arrays, maps, tags and strings in pieces within each other, up to 32.</param>
    public static bool Exceeds(ReadOnlySpan<byte> body, int max)
    {
        // Items that are still to come at each level; below 0 = until a break.
        Span<long> left = stackalloc long[MaxMax + 1];
        var depth = 0;
        left[0] = 1;
        for (var at = 0; at < body.Length;)
        {
            while (depth > 0 && left[depth] == 0)
                depth--;
            if (body[at] == 0xff)
            {
                (at, left[depth]) = (at + 1, 0);
                continue;
            }

            if (left[depth] > 0)
                left[depth]--;
            if (Head(body, ref at) is not var (type, value))
                return false;
            var children = type switch
            {
                // A string without a length comes in pieces; one with a length is passed over.
                2 or 3 => value < 0 ? -1 : 0,
                4 => value,
                5 => value < 0 ? -1 : value > long.MaxValue / 2 ? long.MaxValue : 2 * value,
                6 => 1,
                _ => 0,
            };
            if (type is 2 or 3 && value > 0)
            {
                if (value > body.Length - at)
                    return false;
                at += (int)value;
            }

            if (children == 0)
                continue;
            if (++depth > max)
                return true;
            left[depth] = children;
        }

        return false;
    }

    /// <summary>Major type and value, -1 where the length is not told; null = not a head.</summary>
    private static (int Type, long Value)? Head(ReadOnlySpan<byte> body, ref int at)
    {
        var (type, info) = (body[at] >> 5, body[at] & 0x1f);
        at++;
        if (info < 24)
            return (type, info);
        if (info == 31)
            return (type, -1);
        var size = info switch { 24 => 1, 25 => 2, 26 => 4, 27 => 8, _ => 0 };
        if (size == 0 || body.Length - at < size)
            return null;
        var bytes = body.Slice(at, size);
        at += size;
        var value = size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
        return (type, (long)Math.Min(value, long.MaxValue));
    }
}
