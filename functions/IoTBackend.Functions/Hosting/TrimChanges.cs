using IoTBackend.Adapters.Shared;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Hosting;

internal sealed class TrimChanges(ChangeFeed changes)
{
    [Function(nameof(TrimChanges))]
    public Task RunAsync([TimerTrigger(Schedules.Trim)] TimerInfo timer, CancellationToken cancellationToken) =>
        changes.TrimAsync(cancellationToken);
}
