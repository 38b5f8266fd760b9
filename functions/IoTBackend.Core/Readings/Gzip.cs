using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Readings;

/// <summary>
/// RFC 1952. The platform's stream checks each member that it comes to the end of, and says nothing where the last one has no
/// end: that one's trailer is compared here.
/// </summary>
internal static class Gzip
{
    private const int TrailerLength = 8;
    private const int MinLength = 20;

    /// <returns>Null = larger than allowed; false = not gzip, not whole, or damaged.</returns>
    public static bool? TryInflate(ReadOnlyMemory<byte> compressed, TelemetryBody into)
    {
        if (compressed.Length < MinLength)
            return false;
        try
        {
            using var source = MemoryMarshal.TryGetArray(compressed, out var array)
                ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                : new MemoryStream(compressed.ToArray());
            using var inflating = new GZipStream(source, CompressionMode.Decompress);
            return into.TryFill(inflating) ? IsWhole(compressed.Span, into.Memory.Span) : null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>The last member's trailer, its checksum and length, is about the end of what came out.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> inflated)
    {
        var trailer = compressed[^TrailerLength..];
        var length = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        if (length > inflated.Length || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != Crc32.HashToUInt32(inflated[^(int)length..]))
            return false;
        // Nothing has the checksum 0, and eight zeros may stand anywhere: an empty member ends in one of two ways before them (RFC 1951 3.2.3).
        return length > 0 || compressed[..^TrailerLength].EndsWith((ReadOnlySpan<byte>)[3, 0]) || compressed[..^TrailerLength].EndsWith((ReadOnlySpan<byte>)[1, 0, 0, 0xff, 0xff]);
    }
}
