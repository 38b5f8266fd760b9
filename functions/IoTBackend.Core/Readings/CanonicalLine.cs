using System.Buffers;
using System.Buffers.Text;

namespace IoTBackend.Core.Readings;

/// <summary>Copies a reading in canonical JSON so that it stands on one line.</summary>
internal static class CanonicalLine
{
    /// <param name="reading">A JSON object that was read without error.</param>
    /// <param name="time">Added as its <c>ts</c>, at the end: the last of two equal names wins.</param>
    /// <param name="into">Receives it, without a line feed.</param>
    /// <returns>Where it stands there.</returns>
    public static Range Append(ReadOnlySpan<byte> reading, DateTimeOffset? time, ArrayBufferWriter<byte> into)
    {
        var start = into.WrittenCount;
        var line = into.GetSpan(reading.Length);
        // A line feed inside JSON is white space: strings cannot hold one.
        for (var i = 0; i < reading.Length; i++)
            line[i] = reading[i] is (byte)'\n' or (byte)'\r' ? (byte)' ' : reading[i];
        if (time is null)
        {
            into.Advance(reading.Length);
            return start..into.WrittenCount;
        }

        into.Advance(reading.Length - 1);
        into.Write(reading[1..^1].Trim(" \t\r\n"u8).IsEmpty ? "\"ts\":\""u8 : ",\"ts\":\""u8);
        var digits = into.GetSpan(40);
        Utf8Formatter.TryFormat(time.Value, digits, out var written, 'O');
        into.Advance(written);
        into.Write("\"}"u8);
        return start..into.WrittenCount;
    }
}
