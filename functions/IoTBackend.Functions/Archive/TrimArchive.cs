using IoTBackend.Adapters.Archive;
using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Archive;

internal sealed class TrimArchive(TelemetryArchive archive)
{
    [Function(nameof(TrimArchive))]
    public Task RunAsync([TimerTrigger(Schedules.Trim)] TimerInfo timer, CancellationToken cancellationToken) => archive.TrimAsync(cancellationToken);
}
