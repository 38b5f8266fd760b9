using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Storage;

namespace IoTBackend.FunctionsHost.Timers;

/// <summary>A timer that runs on one host at a time.</summary>
internal sealed class TimerListener(BackgroundCall call, Schedule schedule, bool runOnStartup, ITimerMemory? memory, BlobLock @lock) : IListener
{
    private static readonly Dictionary<string, TypedData> Metadata = [];

    public Task RunAsync(CancellationToken stopping, CancellationToken abort) => @lock.HoldAsync(async lost =>
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(abort, lost);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, over.Token);
        var timer = new Timer(schedule, call.Time, runOnStartup, memory, (info, cancellationToken) => FireAsync(info, stop.Token, cancellationToken));
        await timer.RunAsync(stop.Token, over.Token);
        lost.ThrowIfCancellationRequested();
    }, stopping);

    private async Task FireAsync(TimerInput info, CancellationToken stopping, CancellationToken cancellationToken)
    {
        try
        {
            await call.RunAsync(info.ToTypedData(), Metadata, stopping, cancellationToken);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Stopped between two attempts; the next host runs the next slot.
        }
    }
}
