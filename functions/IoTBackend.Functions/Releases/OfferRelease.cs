using IoTBackend.Core.Releases;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class OfferRelease(ReleaseWorker worker)
{
    [Function(nameof(OfferRelease))]
    public Task RunAsync([QueueTrigger(Adapters.Queues.ReleaseQueues.Offers)] OfferWork work, CancellationToken cancellationToken) =>
        worker.OfferAsync(work, cancellationToken);
}
