using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class OfferRelease(ReleaseWorker worker)
{
    [Function(nameof(OfferRelease))]
    public Task RunAsync([QueueTrigger(Adapters.Releases.ReleaseQueues.Offers)] OfferWork work, CancellationToken cancellationToken) =>
        worker.OfferAsync(work, cancellationToken);
}
