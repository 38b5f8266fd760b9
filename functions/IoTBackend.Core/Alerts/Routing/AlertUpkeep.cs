using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>What becomes due by time alone: silences that ended, and attacks that stopped.</summary>
public sealed class AlertUpkeep(IAlertStore alerts, ISilenceStore silences, DispatchAlert dispatch, IAlertQueue queue, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var active = (await silences.ListAsync(cancellationToken)).Where(s => now < s.Until).ToDictionary(s => s.Name, StringComparer.Ordinal);
        await foreach (var alert in alerts.ListOpenAsync(cancellationToken))
        {
            if (alert.SilencedBy is { } silence && !(active.TryGetValue(silence, out var still) && still.Matches(alert, now)))
                await dispatch.EndSilenceAsync(alert.Id, cancellationToken);
            if (alert.Kind == AlertKind.SecurityAuthFailures && now - alert.SaidAt > AuthenticationFailures.Quiet)
                await queue.EnqueueAsync(
                    alert.Step(AlertChange.Cleared, $"No more failed authentications for {AuthenticationFailures.Quiet.TotalMinutes:0} min.", now), cancellationToken);
        }
    }
}
