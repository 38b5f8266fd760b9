using System.Globalization;

namespace IoTBackend.Cli.Output;

/// <summary>How values are said.</summary>
internal static class Words
{
    /// <summary>Texts come from devices, registries and people: none of them moves the cursor, rings the bell or turns the writing around.</summary>
    public static string Clean(string text)
    {
        foreach (var c in text)
            if (IsForbidden(c))
                return string.Create(text.Length, text, (span, from) =>
                {
                    for (var i = 0; i < from.Length; i++)
                        span[i] = from[i] is '\n' or '\r' or '\t' ? ' ' : IsForbidden(from[i]) ? '\uFFFD' : from[i];
                });
        return text;
    }

    private static bool IsForbidden(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>How long ago: 12 s, 3 min, 5 h, 2 d.</summary>
    public static string Age(DateTimeOffset? at, DateTimeOffset now) => at is { } time ? Span(now - time) : "-";

    /// <summary>An ISO 8601 duration, as people say it.</summary>
    public static string? Duration(string? iso)
    {
        try
        {
            return iso is null ? null : Span(System.Xml.XmlConvert.ToTimeSpan(iso));
        }
        catch (FormatException)
        {
            return iso;
        }
    }

    public static string Span(TimeSpan span) => Span(span, Math.Floor);

    /// <param name="whole">Makes a whole number of the unit.</param>
    private static string Span(TimeSpan span, Func<double, double> whole) => span switch
    {
        { Ticks: < 0 } => "0 s",
        _ when whole(span.TotalSeconds) < 100 => Number(whole(span.TotalSeconds), "s"),
        _ when whole(span.TotalMinutes) < 100 => Number(whole(span.TotalMinutes), "min"),
        _ when whole(span.TotalHours) < 48 => Number(whole(span.TotalHours), "h"),
        _ => Number(whole(span.TotalDays), "d"),
    };

    /// <summary>With its zone, and how far it is from now: two hours less a moment ahead are two hours.</summary>
    public static string Time(DateTimeOffset? at, DateTimeOffset now) => at is not { } time ? "-" :
        $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC ({(time <= now ? $"{Span(now - time)} ago" : $"in {Span(time - now, Math.Round)}")})";

    public static string Day(DateTimeOffset? at) => at is { } time ? $"{time.UtcDateTime:yyyy-MM-dd} UTC" : "-";

    public static string Percent(double? value) => value is { } number ? $"{number.ToString("0.#", CultureInfo.InvariantCulture)} %" : "-";

    /// <summary>Bytes in steps of 1,000, as registries count.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
    };

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string List(IEnumerable<string>? items) => items is not null && string.Join(", ", items) is { Length: > 0 } text ? text : "-";

    /// <summary>sha256:0123456789ab, enough to tell digests apart by eye.</summary>
    public static string Digest(string? digest) => digest is null ? "-" : digest.Length > 19 && digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest[..19] : digest;

    private static string Number(double value, string unit) => $"{value.ToString("0", CultureInfo.InvariantCulture)} {unit}";
}
