using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Storage;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Local.FunctionsHost.Timers;

/// <summary>A timer that runs on one host at a time.</summary>
internal sealed class TimerListener(BackgroundCall call, Schedule schedule, ITimerMemory? memory, BlobLock @lock) : IListener
{
    public Task RunAsync(CancellationToken stopping, CancellationToken abort) => @lock.HoldAsync(async lost =>
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(abort, lost);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, over.Token);
        var trigger = (TimerTriggerAttribute)call.Function.Trigger;
        var timer = new Timer(schedule, call.Time, trigger.RunOnStartup, memory, (info, cancellationToken) => FireAsync(info, stop.Token, cancellationToken));
        await timer.RunAsync(stop.Token, over.Token);
        lost.ThrowIfCancellationRequested();
    }, stopping);

    private async Task FireAsync(TimerInfo info, CancellationToken stopping, CancellationToken cancellationToken)
    {
        try
        {
            await call.RunAsync(info, null, stopping, cancellationToken);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Stopped between two attempts; the next host runs the next slot.
        }
    }
}
