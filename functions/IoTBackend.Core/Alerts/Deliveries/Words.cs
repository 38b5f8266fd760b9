using System.Globalization;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>Alerts in people's words: the same in every channel for people.</summary>
public static class Words
{
    /// <summary>How many are named in a message of many; the rest is counted.</summary>
    public const int MaxNamed = 10;

    /// <summary>A line for a lock screen: <c>Critical: group outage, site-a</c>.</summary>
    public static string Title(Message message) => message.Alone is { } one ? Title(one) : Counts(message).Title;

    public static string Title(Notice notice) => notice.Type switch
    {
        NoticeType.Cleared => $"Over: {What(notice.Alert)}",
        NoticeType.Acknowledged => $"Acknowledged: {What(notice.Alert)}",
        NoticeType.Escalated => $"Not acknowledged, {Lower(notice.Alert.Severity)}: {What(notice.Alert)}",
        NoticeType.Test => "Test of this channel",
        _ => $"{notice.Alert.Severity}: {What(notice.Alert)}",
    };

    /// <summary>What is said below the title, a sentence or a figure a line.</summary>
    public static IReadOnlyList<string> Lines(Message message) => message.Alone is { } one ? Lines(one) : Counts(message).Lines;

    public static IReadOnlyList<string> Lines(Notice notice)
    {
        var alert = notice.Alert;
        var lines = new List<string> { alert.Summary };
        if (notice.Note is { } note)
            lines.Add(note);
        if (notice.Type == NoticeType.Test)
            return lines;
        if (alert.Cause is { } cause)
            lines.Add($"Cause: {cause}");
        lines.Add(alert.ClearedAt is { } cleared ? $"Raised {Time(alert.RaisedAt)}, over after {Duration(cleared - alert.RaisedAt)}" : $"Raised {Time(alert.RaisedAt)}");
        if (alert.AcknowledgedAt is { } seen)
            lines.Add($"Acknowledged {Time(seen)}{(alert.AcknowledgedBy is { } by ? $" by {by}" : "")}");
        return lines;
    }

    /// <summary>battery.low -> battery low; release.sourceGone -> release source gone.</summary>
    public static string Kind(AlertKind kind) => string.Concat(kind.Name().Select(c => c == '.' ? " " : char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));

    public static string Subject(Alert alert) => alert.DeviceId ?? alert.Group ?? alert.Id[..alert.Id.LastIndexOf('~', alert.Id.LastIndexOf('~') - 1)];

    public static string Lower(Severity severity) => severity.ToString().ToLowerInvariant();

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        >= 2 * 86400 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.#} d"),
        >= 2 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
        >= 120 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0} s"),
    };

    private static string What(Alert alert) => $"{Kind(alert.Kind)}, {Subject(alert)}";

    private static (string Title, IReadOnlyList<string> Lines) Counts(Message message)
    {
        var notices = message.Notices;
        var standing = notices.Where(n => n.Type != NoticeType.Cleared).ToList();
        var worst = notices.Max(n => n.Alert.Severity);
        var title = $"{worst}: {Count(notices.Count, "alert")}{(standing.Count == notices.Count ? "" : standing.Count == 0 ? ", all over" : $", {notices.Count - standing.Count} of them over")}";
        var lines = new List<string>();
        if (message.Note is { } note)
            lines.Add(note);
        lines.Add("By severity: " + Tally(notices, n => Lower(n.Alert.Severity), 3));
        // Kinds and causes are few: all are named.
        lines.Add("By kind: " + Tally(notices, n => Kind(n.Alert.Kind), int.MaxValue));
        if (notices.Any(n => n.Alert.Cause is not null))
            lines.Add("By cause: " + Tally(notices, n => n.Alert.Cause ?? "not known", int.MaxValue));
        if (notices.Any(n => n.Alert.Groups.Count > 0))
            lines.Add("By group: " + Tally(notices, n => n.Alert.Groups.Count > 0 ? string.Join("+", n.Alert.Groups.Take(3)) : "none", MaxNamed));
        lines.AddRange((standing.Count > 0 ? standing : notices).Take(MaxNamed).Select(n => $"- {Title(n)}: {n.Alert.Summary}"));
        if ((standing.Count > 0 ? standing.Count : notices.Count) - MaxNamed is > 0 and var more)
            lines.Add($"and {more} more");
        return (title, lines);
    }

    /// <summary><c>offline 312, battery low 4 and 17 more of 3</c>: the commonest first.</summary>
    private static string Tally(IReadOnlyList<Notice> notices, Func<Notice, string> by, int named)
    {
        var counts = notices.CountBy(by).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).ToList();
        var shown = string.Join(", ", counts.Take(named).Select(c => $"{c.Key} {c.Value}"));
        return counts.Count <= named ? shown : $"{shown}, {counts.Count - named} others {counts.Skip(named).Sum(c => c.Value)}";
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
