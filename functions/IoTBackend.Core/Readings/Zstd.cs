using System.Buffers.Binary;
using ZstdSharp;

namespace IoTBackend.Core.Readings;

/// <summary>RFC 8878, in one go: what comes out is its own window, so that a frame may ask for one without memory being set aside for it.</summary>
internal static class Zstd
{
    /// <summary>8 MB, RFC 9659: a larger one is not the content coding <c>zstd</c>.</summary>
    private const long MaxWindow = 8 << 20;

    private const int MinLength = 5;

    /// <returns>Null = larger than allowed; false = not zstd, not whole, or damaged.</returns>
    public static bool? TryInflate(ReadOnlySpan<byte> compressed, TelemetryBody into)
    {
        if (compressed.Length < MinLength || WindowOf(compressed) > MaxWindow)
            return false;
        try
        {
            using var zstd = new Decompressor();
            // Most are small, and a buffer of the largest size for each would be dear.
            foreach (var size in (ReadOnlySpan<int>)[Math.Clamp(compressed.Length * 4, 4096, TelemetryBody.MaxInflatedBytes), TelemetryBody.MaxInflatedBytes])
            {
                if (!zstd.TryUnwrap(compressed, into.Room(size), out var length))
                    continue;
                into.SetLength(length);
                return true;
            }

            return null;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    /// <summary>As the first frame's header has it (RFC 8878 section 3.1.1.1.2); 0 = its content is the window, or it has none.</summary>
    private static long WindowOf(ReadOnlySpan<byte> frame)
    {
        const int descriptor = 4, singleSegment = 0x20;
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame) != 0xFD2FB528 || (frame[descriptor] & singleSegment) != 0 || frame.Length <= descriptor + 1)
            return 0;
        var (exponent, mantissa) = (frame[descriptor + 1] >> 3, frame[descriptor + 1] & 7);
        var window = 1L << (10 + exponent);
        return window + (window / 8 * mantissa);
    }
}
