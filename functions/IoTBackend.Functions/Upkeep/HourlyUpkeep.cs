using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Archive;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.State;
using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Upkeep;

/// <summary>
/// What is done once an hour: what is past its retention goes, batteries are compared with their peers, and what is out is judged again.
/// One function, as on the Flex plan each function without HTTP has instances of its own, billed by the second.
/// </summary>
internal sealed class HourlyUpkeep(
    ChangeFeed changes, TelemetryArchive archive, ComparePeers peers, KeepAlerts alerts, AlertsOptions options, IClaimStore claims, WatchReleases watch, TimeProvider time,
    ILogger<HourlyUpkeep> log)
{
    [Function(nameof(HourlyUpkeep))]
    public async Task RunAsync([TimerTrigger(Schedules.Upkeep, UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        // All of them, whichever fails: what fails is thrown in the end, and comes up again in an hour.
        await Task.WhenAll(
            changes.TrimAsync(cancellationToken),
            archive.TrimAsync(cancellationToken),
            peers.RunAsync(cancellationToken),
            WatchAsync(cancellationToken),
            claims.TrimAsync(time.GetUtcNow() - Claim.Retention, cancellationToken),
            alerts.TrimAsync(TimeSpan.FromDays(options.RetentionDays), cancellationToken));

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        foreach (var (release, error) in await watch.RunAsync(cancellationToken))
            Releases.Log.NotWatched(log, release, error.Message);
    }
}
