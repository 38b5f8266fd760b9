using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class ReadPush(ReleaseWorker worker)
{
    [Function(nameof(ReadPush))]
    public Task RunAsync([QueueTrigger(Adapters.Releases.ReleaseQueues.Pushes)] string message, CancellationToken cancellationToken) =>
        worker.ReadPushAsync(message, cancellationToken);
}
