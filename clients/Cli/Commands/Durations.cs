using System.Globalization;

namespace IoTBackend.Cli.Commands;

/// <summary>Times as people type them: 90m, 2h, 3d.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>So long ago, or a time of its own.</summary>
    /// <exception cref="CliException">Neither.</exception>
    public static DateTimeOffset Since(string text, DateTimeOffset now) =>
        text.Contains('T') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : now - Read(text);

    /// <exception cref="CliException">Not one, or longer than a year.</exception>
    public static TimeSpan Read(string text)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        var each = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        return each > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && (long)count * each <= (long)Longest.TotalSeconds
            ? TimeSpan.FromSeconds((long)count * each)
            : throw CliException.Usage($"not a time: {text}. Times look like 90m, 2h or 3d, a year at most.");
    }
}
