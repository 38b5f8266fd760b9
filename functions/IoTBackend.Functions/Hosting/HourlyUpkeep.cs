using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Archive;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.State;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// What is done once an hour: what is past its retention goes, and batteries are compared with their peers. One function, as on the
/// Flex plan each function without HTTP has instances of its own, billed by the second.
/// </summary>
internal sealed class HourlyUpkeep(ChangeFeed changes, TelemetryArchive archive, ComparePeers peers, KeepAlerts alerts, AlertsOptions options, IClaimStore claims, TimeProvider time)
{
    [Function(nameof(HourlyUpkeep))]
    public async Task RunAsync([TimerTrigger(Schedules.Upkeep, UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        // All of them, whichever fails: what fails is thrown in the end, and comes up again in an hour.
        await Task.WhenAll(
            changes.TrimAsync(cancellationToken),
            archive.TrimAsync(cancellationToken),
            peers.RunAsync(cancellationToken),
            alerts.TrimAsync(TimeSpan.FromDays(options.RetentionDays), cancellationToken),
            claims.TrimAsync(time.GetUtcNow() - Claim.Retention, cancellationToken));
}
