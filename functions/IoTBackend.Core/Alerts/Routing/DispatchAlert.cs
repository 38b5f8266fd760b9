using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>Takes one step into the alert's record, with those who are to be told of it, and has them told.</summary>
public sealed class DispatchAlert(IAlertStore alerts, TellAlert tell, EndMute mutes, IDueStore due, AlertsMeter meter)
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
            var news = AlertLife.NewsOf(stored?.Alert, next, step);
            if (news is { } something)
                next = await tell.DecideAsync(next, something, note: null, cancellationToken);
            if (step is { Kind: AlertKind.SecurityAuthFailures, Change: AlertChange.Opened or AlertChange.Revised })
                await due.AddAsync(new(step.At + AuthenticationFailures.Quiet, step.AlertId, Due.Quiet), cancellationToken);
            if (next != stored?.Alert && !await alerts.TrySaveAsync(new(next, stored?.Version), cancellationToken))
                continue;
            if (next.Owing is not null)
                await tell.SettleAsync(step.AlertId, activity?.Id ?? step.TraceParent, cancellationToken);
            await alerts.ListOpenOrNotAsync(step.AlertId, cancellationToken);
            if (next.MutedBy != stored?.Alert.MutedBy)
                await mutes.LookAgainAsync(next, cancellationToken);
            meter.Dispatched(step, isNews: news is not null);
            return next;
        }

        throw new ConflictException("the alert");
    }
}

/// <summary>An operator has seen an alert. The same way in as every other step.</summary>
public sealed class AcknowledgeAlert(IAlertStore alerts, DispatchAlert dispatch, TimeProvider time)
{
    /// <summary>Null = there is no such alert. Acknowledging twice changes nothing.</summary>
    /// <param name="alertId">The alert's.</param>
    /// <param name="by">Who, as they call themselves; null = nobody said.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Alert?> RunAsync(string alertId, string? by, CancellationToken cancellationToken)
    {
        // Also of one that is acknowledged: the first time may have been cut off before everybody heard.
        return await alerts.FindAsync(alertId, cancellationToken) is { Alert: var alert }
            ? await dispatch.RunAsync(alert.Step(AlertChange.Acknowledged, alert.Summary, alert.AcknowledgedAt ?? time.GetUtcNow()) with { By = alert.AcknowledgedBy ?? by }, cancellationToken)
            : null;
    }
}
