using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>
/// Brings news of an alert into the lanes of its channels. Who is owed is written with the news, in the alert's record; then it is put
/// into the lanes, then struck out. Whoever dies in between leaves it for the next, and no channel hears what the record does not say.
/// </summary>
public sealed class TellAlert(
    IAlertStore alerts, AlertAudience audience, IEscalationStore escalations, ILaneStore lanes, CallLanes calls, IDueStore due, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>The alert with those who are to be told of it, or the mute that keeps it from them.</summary>
    /// <param name="alert">With the step in it.</param>
    /// <param name="news">What there is to tell of the step.</param>
    /// <param name="note">A sentence more; null = none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Alert> DecideAsync(Alert alert, AlertNews news, string? note, CancellationToken cancellationToken)
    {
        // Of an alert that was muted nobody heard; so nobody is told of its end.
        if (alert.MutedBy is not null)
            return alert;
        var known = alert.Channels ?? [];
        var isNew = news is AlertNews.Opened or AlertNews.Worse;
        // Who heard of the beginning hears of the end, wherever alerts like it go by then.
        if (!isNew && alert.Channels is not null)
            return Owe(alert, [.. known.Select(c => new Owed(c))]);
        var found = await audience.FindAsync(alert, time.GetUtcNow(), cancellationToken);
        if (isNew && alert.Channels is null && found.Mute is { } mute)
            return alert with { MutedBy = mute };
        var told = found.Channels.Where(c => news != AlertNews.Worse || !known.Contains(c));
        return Owe(alert, [.. told.Select(c => new Owed(c, news == AlertNews.Worse ? alert.WorstSeverity.ToString() : "", Note: note))]) with
        {
            Escalation = isNew ? alert.Escalation ?? found.Escalation : alert.Escalation,
        };
    }

    /// <summary>The same for one step of a chain.</summary>
    public static Alert Owe(Alert alert, IReadOnlyList<Owed> owed) => alert with
    {
        Channels = [.. (alert.Channels ?? []).Union(owed.Select(o => o.Channel), StringComparer.Ordinal)],
        Owing = [.. (alert.Owing ?? []).Where(o => owed.All(n => n.Channel != o.Channel)), .. owed],
    };

    /// <summary>Puts what is owed into the lanes and strikes it out. Safe to repeat: it has the same ids.</summary>
    public async Task SettleAsync(string alertId, string? traceParent, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await alerts.FindAsync(alertId, cancellationToken) is not { Alert: { Owing: { } owing } alert } stored)
                return;
            await PutAsync(alert with { Owing = null }, owing, traceParent, cancellationToken);
            // Changed meanwhile: what was put is put again as it is now.
            if (await alerts.TrySaveAsync(stored with { Alert = alert with { Owing = null } }, cancellationToken))
                return;
        }

        throw new ConflictException("the alert");
    }

    private async Task PutAsync(Alert alert, IReadOnlyList<Owed> owing, string? traceParent, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var quiet = await audience.QuietAsync(alert, now, cancellationToken);
        await Task.WhenAll(owing.Select(async owed =>
        {
            var notice = NoticeOf(alert, owed, now) with { TraceParent = traceParent, HeldBy = quiet?.Name, NotBefore = quiet?.EndsAt(now) };
            await lanes.OweAsync(owed.Channel, notice, cancellationToken);
            // The end of quiet hours calls for the others.
            if (notice.NotBefore is null)
                await calls.RunAsync(new(owed.Channel, LaneFlow.IsUrgent(notice)), cancellationToken);
        }));
        if (alert is { State: AlertState.Open, Escalation: { } chain } && owing.Any(o => !o.Escalated)
            && await escalations.FindAsync(chain, cancellationToken) is { Steps: [var first, ..] })
            await due.AddAsync(new((alert.OpenedAt ?? alert.RaisedAt) + first.After, alert.Id, 0), cancellationToken);
    }

    /// <summary>What is true now: an alert that is over is not told as if it began.</summary>
    private static Notice NoticeOf(Alert alert, Owed owed, DateTimeOffset now) => alert switch
    {
        { ClearedAt: { } cleared } => new() { Type = NoticeType.Cleared, Alert = alert, At = cleared, Since = now },
        _ when owed.Escalated => new() { Type = NoticeType.Escalated, Alert = alert, At = now, Since = now, Occurrence = owed.Occurrence, Note = owed.Note },
        { AcknowledgedAt: { } seen } => new() { Type = NoticeType.Acknowledged, Alert = alert, At = seen, Since = now },
        _ => new() { Type = NoticeType.Opened, Alert = alert, At = owed.Occurrence.Length > 0 ? alert.SaidAt : alert.OpenedAt ?? alert.RaisedAt, Since = now, Occurrence = owed.Occurrence, Note = owed.Note },
    };
}
