using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.State;

internal sealed class SweepSilences(Core.State.JudgeSilences silences)
{
    [Function(nameof(SweepSilences))]
    public Task RunAsync([TimerTrigger(Schedules.Sweep, UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        silences.RunAsync(cancellationToken);
}
