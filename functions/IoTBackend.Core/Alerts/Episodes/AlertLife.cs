using System.Text.Json;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

/// <summary>
/// Adds a step to an alert so that any order and any repetition of an episode's steps end in the same alert: times are kept
/// by their minimum, severity by its maximum, and the words of the latest step win.
/// </summary>
public static class AlertLife
{
    /// <param name="alert">What is known; null = nothing yet.</param>
    /// <param name="step">A step of the same episode.</param>
    public static Alert Apply(Alert? alert, AlertTransition step)
    {
        var next = alert ?? First(step);
        if (alert is not null && Says(step) && Compare(step, alert) > 0)
            next = next with
            {
                Severity = step.Severity,
                Summary = step.Summary,
                Cause = step.Cause,
                Evidence = step.Evidence,
                Groups = step.Groups,
                SaidAt = step.At,
                SaidBy = step.Change,
            };
        return next with
        {
            WorstSeverity = (Severity)Math.Max((int)next.WorstSeverity, (int)step.Severity),
            RaisedAt = Earlier(next.RaisedAt, step.RaisedAt),
            OpenedAt = step.Change == AlertChange.Opened ? Earlier(next.OpenedAt, step.At) : next.OpenedAt,
            AcknowledgedAt = step.Change == AlertChange.Acknowledged ? Earlier(next.AcknowledgedAt, step.At) : next.AcknowledgedAt,
            AcknowledgedBy = step.Change == AlertChange.Acknowledged && !(next.AcknowledgedAt < step.At) ? step.By ?? next.AcknowledgedBy : next.AcknowledgedBy,
            ClearedAt = step.Change == AlertChange.Cleared ? Earlier(next.ClearedAt, step.At) : next.ClearedAt,
        };
    }

    /// <summary>What the channels are to be told because of a step; null = nothing, they know.</summary>
    public static AlertNews? NewsOf(Alert? before, Alert after, AlertTransition step) => step.Change switch
    {
        AlertChange.Cleared when before?.ClearedAt is null => AlertNews.Cleared,
        AlertChange.Acknowledged when before?.AcknowledgedAt is null && after.ClearedAt is null => AlertNews.Acknowledged,
        AlertChange.Opened when before?.OpenedAt is null && after.ClearedAt is null => AlertNews.Opened,
        // It became worse, or its beginning comes after its end: news for channels that heard nothing of it yet.
        AlertChange.Opened or AlertChange.Revised when before is not null && (after.WorstSeverity > before.WorstSeverity || after.OpenedAt != before.OpenedAt) => AlertNews.Worse,
        _ => null,
    };

    private static Alert First(AlertTransition step) => new()
    {
        Id = step.AlertId,
        Kind = step.Kind,
        Severity = step.Severity,
        WorstSeverity = step.Severity,
        DeviceId = step.DeviceId,
        Group = step.Group,
        Groups = step.Groups,
        Summary = step.Summary,
        Cause = step.Cause,
        Evidence = step.Evidence,
        RaisedAt = step.RaisedAt,
        SaidAt = step.At,
        SaidBy = step.Change,
    };

    /// <summary>An acknowledgement repeats what was known when it was made.</summary>
    private static bool Says(AlertTransition step) => step.Change != AlertChange.Acknowledged;

    private static int Compare(AlertTransition step, Alert alert)
    {
        if (alert.SaidBy == AlertChange.Acknowledged)
            return 1;
        var byTime = step.At.CompareTo(alert.SaidAt);
        if (byTime != 0)
            return byTime;
        var byChange = step.Change.CompareTo(alert.SaidBy);
        // Two different steps of one instant and kind: any rule will do that does not depend on which came first.
        return byChange != 0 ? byChange : string.CompareOrdinal(
            Words(step.Severity, step.Summary, step.Cause, step.Groups, step.Evidence),
            Words(alert.Severity, alert.Summary, alert.Cause, alert.Groups, alert.Evidence));
    }

    private static string Words(Severity severity, string summary, string? cause, IReadOnlyList<string> groups, IReadOnlyDictionary<string, object> evidence) =>
        $"{(int)severity}\n{summary}\n{cause}\n{string.Join(',', groups)}\n{JsonSerializer.Serialize(evidence, WireJson.Options)}";

    private static DateTimeOffset Earlier(DateTimeOffset? a, DateTimeOffset b) => a is { } known && known < b ? known : b;
}

/// <summary>What there is to tell of a step.</summary>
public enum AlertNews
{
    Opened,
    Worse,
    Acknowledged,
    Cleared,
}
