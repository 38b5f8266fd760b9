namespace IoTBackend.Core.Readings;

/// <summary>
/// Times as in RFC 3339 section 5.6, and nothing else: always with a zone, so that they mean the same wherever they are read.
/// <c>t</c> and <c>z</c> may be in lower case. A leap second is the second after it. Fractions beyond 100 ns are cut off.
/// </summary>
internal static class Rfc3339
{
    /// <summary>An example, for reasons.</summary>
    public const string Example = "2026-11-23T10:00:00Z";

    /// <summary>In UTC; null = it is not one.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> text)
    {
        // 2026-11-23T10:00:00Z is the shortest.
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':'
            || Digits(text[..4]) is not (>= 1 and var year) || Digits(text[5..7]) is not (>= 1 and <= 12 and var month)
            || Digits(text[8..10]) is not (>= 1 and var day) || day > DateTime.DaysInMonth(year, month)
            || Digits(text[11..13]) is not (>= 0 and <= 23 and var hour) || Digits(text[14..16]) is not (>= 0 and <= 59 and var minute)
            || Digits(text[17..19]) is not (>= 0 and <= 60 and var second))
            return null;
        var rest = text[19..];
        if (Fraction(ref rest) is not { } fraction || Offset(rest) is not { } offset)
            return null;
        var ticks = new DateTime(year, month, day, hour, minute, 0).Ticks + (second * TimeSpan.TicksPerSecond) + fraction - offset;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new(ticks, TimeSpan.Zero) : null;
    }

    public static DateTimeOffset? Parse(string? text)
    {
        // No time is longer but by digits of its fraction that nobody has.
        if (text is not { Length: <= 64 })
            return null;
        Span<byte> ascii = stackalloc byte[64];
        return System.Text.Ascii.FromUtf16(text, ascii, out var length) == System.Buffers.OperationStatus.Done ? Parse(ascii[..length]) : null;
    }

    /// <summary>Ticks of <c>.123</c>, or 0 where there is no fraction; null = a point without digits.</summary>
    private static long? Fraction(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != '.')
            return 0;
        var (ticks, unit, i) = (0L, TimeSpan.TicksPerSecond / 10, 1);
        for (; i < rest.Length && rest[i] is >= (byte)'0' and <= (byte)'9'; i++, unit /= 10)
            ticks += (rest[i] - '0') * unit;
        rest = rest[i..];
        return i == 1 ? null : ticks;
    }

    /// <summary>Ticks east of UTC; null = not a zone.</summary>
    private static long? Offset(ReadOnlySpan<byte> zone)
    {
        if (zone is [(byte)'Z' or (byte)'z'])
            return 0;
        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':'
            || Digits(zone[1..3]) is not (>= 0 and <= 23 and var hours) || Digits(zone[4..]) is not (>= 0 and <= 59 and var minutes))
            return null;
        var ticks = (hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute);
        return zone[0] == '-' ? -ticks : ticks;
    }

    /// <summary>-1 = not only digits.</summary>
    private static int Digits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return -1;
            value = (value * 10) + (c - '0');
        }

        return value;
    }
}
