using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class TellDevices(Core.Releases.Rollout.SetDesired devices)
{
    [Function(nameof(TellDevices))]
    public Task RunAsync([QueueTrigger(Adapters.Releases.ReleaseQueues.Tells)] TellWork work, CancellationToken cancellationToken) =>
        devices.RunAsync(work, cancellationToken);
}
