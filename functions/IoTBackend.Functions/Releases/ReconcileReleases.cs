using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class ReconcileReleases(ReleaseWorker worker)
{
    [Function(nameof(ReconcileReleases))]
    public Task RunAsync([TimerTrigger(Schedules.Reconcile)] TimerInfo timer, CancellationToken cancellationToken) =>
        worker.ReconcileAsync(cancellationToken);
}
