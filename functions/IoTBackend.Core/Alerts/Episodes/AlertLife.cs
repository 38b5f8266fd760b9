using System.Text.Json;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

/// <summary>
/// Adds a step to an alert so that any order and any repetition of an episode's steps end in the same alert: times are kept
/// by their minimum, severity by its maximum, and the words of the latest step win; beside them those of the first stay.
/// </summary>
public static class AlertLife
{
    /// <param name="alert">What is known; null = nothing yet.</param>
    /// <param name="step">A step of the same episode.</param>
    public static Alert Apply(Alert? alert, AlertTransition step)
    {
        var next = alert ?? First(step);
        if (alert is not null && Says(step))
        {
            if (Compare(step, alert.Words, alert.Groups) > 0)
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
            var raise = Raise(alert, step);
            next = next with { Raise = raise == next.Words ? null : raise };
        }

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

    /// <summary>The first that was said of it while it stood.</summary>
    private static AlertWords? Raise(Alert alert, AlertTransition step)
    {
        var known = alert.Raise ?? (Stands(alert.SaidBy) ? alert.Words : null);
        if (!Stands(step.Change))
            return known;
        var words = WordsOf(step);
        var order = known is null ? -1 : (words.SaidBy, words.SaidAt).CompareTo((known.SaidBy, known.SaidAt));
        return order < 0 || (order == 0 && string.CompareOrdinal(Text(words, []), Text(known!, [])) < 0) ? words : known;
    }

    private static bool Stands(AlertChange change) => change is AlertChange.Opened or AlertChange.Revised;

    private static AlertWords WordsOf(AlertTransition step) => new(step.Severity, step.Summary, step.Cause, step.Evidence, step.At, step.Change);

    private static int Compare(AlertTransition step, AlertWords known, IReadOnlyList<string> groups)
    {
        if (known.SaidBy == AlertChange.Acknowledged)
            return 1;
        var byTime = step.At.CompareTo(known.SaidAt);
        if (byTime != 0)
            return byTime;
        var byChange = step.Change.CompareTo(known.SaidBy);
        // Two different steps of one instant and kind: any rule will do that does not depend on which came first.
        return byChange != 0 ? byChange : string.CompareOrdinal(Text(WordsOf(step), step.Groups), Text(known, groups));
    }

    private static string Text(AlertWords words, IReadOnlyList<string> groups) =>
        $"{(int)words.Severity}\n{words.Summary}\n{words.Cause}\n{string.Join(',', groups)}\n{JsonSerializer.Serialize(words.Evidence, WireJson.Options)}";

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
