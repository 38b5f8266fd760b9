using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>
/// Takes one step into the alert's record and tells the channels it concerns. The channels' messages are queued before the
/// record is written: whoever dies between the two does it again, with the same ids, and a step that is in the record was told.
/// </summary>
public sealed class DispatchAlert(
    IAlertStore alerts, IChannelStore channels, ISilenceStore silences, IDeliveryQueue deliveries, AlertsMeter meter, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <returns>The alert with the step in it.</returns>
    public async Task<Alert> RunAsync(AlertTransition step, CancellationToken cancellationToken)
    {
        using var activity = AlertTracing.Dispatch(step);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await alerts.FindAsync(step.AlertId, cancellationToken);
            var next = AlertLife.Apply(stored?.Alert, step);
            var notice = AlertLife.NoticeOf(stored?.Alert, next, step);
            next = await TellAsync(next, notice, activity?.Id ?? step.TraceParent, cancellationToken);
            if (next != stored?.Alert && !await alerts.TrySaveAsync(new(next, stored?.Version), cancellationToken))
                continue;
            await alerts.ListOpenOrNotAsync(step.AlertId, cancellationToken);
            meter.Dispatched(step, isNews: notice is not null);
            return next;
        }

        throw new ConflictException("the alert");
    }

    /// <summary>Tells of an open alert whose silence is over.</summary>
    public async Task EndSilenceAsync(string alertId, CancellationToken cancellationToken)
    {
        if (await alerts.FindAsync(alertId, cancellationToken) is not { Alert: { SilencedBy: not null, ClearedAt: null } alert } stored)
            return;
        var told = await TellAsync(alert with { SilencedBy = null }, new(NoticeType.Opened, alert, alert.SaidAt, alert.State, null), traceParent: null, cancellationToken);
        if (told.SilencedBy != alert.SilencedBy && await alerts.TrySaveAsync(stored with { Alert = told }, cancellationToken))
            await alerts.ListOpenOrNotAsync(alertId, cancellationToken);
    }

    private async Task<Alert> TellAsync(Alert alert, AlertNotice? notice, string? traceParent, CancellationToken cancellationToken)
    {
        // Of an alert that was silenced nobody heard; so nobody is told of its end.
        if (notice is null || alert.SilencedBy is not null)
            return alert;
        var now = time.GetUtcNow();
        // Side by side: an operator waits for this.
        var (quiet, told) = (silences.ListAsync(cancellationToken), channels.ListAsync(cancellationToken));
        await Task.WhenAll(quiet, told);
        if (notice.Type == NoticeType.Opened && (await quiet).FirstOrDefault(s => s.Matches(alert, now)) is { } silence)
            return alert with { SilencedBy = silence.Name };
        foreach (var channel in (await told).Where(notice.Concerns))
            await deliveries.EnqueueAsync(Delivery.Of(notice, channel, now) with { TraceParent = traceParent }, TimeSpan.Zero, cancellationToken);
        return alert;
    }
}
