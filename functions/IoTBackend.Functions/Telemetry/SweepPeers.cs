using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Telemetry;

internal sealed class SweepPeers(Core.State.SweepPeers peers)
{
    [Function(nameof(SweepPeers))]
    public Task RunAsync([TimerTrigger(Schedules.Trim, UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        peers.RunAsync(cancellationToken);
}
