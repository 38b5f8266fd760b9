using IoTBackend.Core.Releases;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class TellDevices(Core.Releases.TellDevices devices)
{
    [Function(nameof(TellDevices))]
    public Task RunAsync([QueueTrigger(Adapters.Queues.ReleaseQueues.Tells)] TellWork work, CancellationToken cancellationToken) =>
        devices.RunAsync(work, cancellationToken);
}
