using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>An operator has seen an alert. The same way in as every other step.</summary>
public sealed class AcknowledgeAlert(IAlertStore alerts, DispatchAlert dispatch, TimeProvider time)
{
    /// <summary>Null = there is no such alert. Acknowledging twice changes nothing.</summary>
    public async Task<Alert?> RunAsync(string alertId, CancellationToken cancellationToken)
    {
        if (await alerts.FindAsync(alertId, cancellationToken) is not { Alert: var alert })
            return null;
        return alert.AcknowledgedAt is not null
            ? alert
            : await dispatch.RunAsync(alert.Step(AlertChange.Acknowledged, alert.Summary, time.GetUtcNow()), cancellationToken);
    }
}
