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
            ClearedAt = step.Change == AlertChange.Cleared ? Earlier(next.ClearedAt, step.At) : next.ClearedAt,
        };
    }

    /// <summary>What the channels are to be told because of a step; null = nothing, they know.</summary>
    public static AlertNotice? NoticeOf(Alert? before, Alert after, AlertTransition step) => step.Change switch
    {
        AlertChange.Opened when before?.OpenedAt is null => new(NoticeType.Opened, after, step.At, AlertState.Open, null),
        AlertChange.Acknowledged when before?.AcknowledgedAt is null => new(NoticeType.Acknowledged, after, step.At, AlertState.Acknowledged, null),
        AlertChange.Cleared when before?.ClearedAt is null => new(NoticeType.Cleared, after, step.At, AlertState.Cleared, null),
        // It became worse: news for channels that heard nothing because it was not bad enough.
        AlertChange.Revised when before is not null && after.WorstSeverity > before.WorstSeverity && after.ClearedAt is null =>
            new(NoticeType.Opened, after, step.At, AlertState.Open, before.WorstSeverity),
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
