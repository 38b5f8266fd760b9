using System.Collections.Concurrent;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>
/// Keeps a worker running: started again with growing pauses when it dies, ended when a function of it is far beyond functionTimeout
/// and does not heed its cancellation.
/// </summary>
internal sealed class WorkerSupervisor(
    AppFolder app, ConcurrentDictionary<string, WorkerConnection> expected, Uri protocol, IReadOnlyDictionary<string, string> settings,
    Func<string, bool> isWanted, TimeSpan functionTimeout, ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>A worker that lived for so long did not die of its start.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>How long a function that was cancelled for its length may go on.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly ILogger logger = loggers.CreateLogger("Host");
    private readonly ILogger console = loggers.CreateLogger("Host.Function.Console");
    private readonly WorkerLogs logs = new(loggers);
    private readonly CancellationTokenSource stopping = new();
    private volatile TaskCompletionSource<Worker> ready = NotReady();
    private Task watching = Task.CompletedTask;
    private Task timing = Task.CompletedTask;

    /// <summary>The worker to talk to at the moment; null while there is none.</summary>
    public Worker? Current => ready.Task is { IsCompletedSuccessfully: true } task && !task.Result.Connection.Closed.IsCompleted ? task.Result : null;

    /// <summary>Starts the first worker.</summary>
    /// <exception cref="HostException">It did not get ready.</exception>
    public async Task<Worker> StartAsync(CancellationToken cancellationToken)
    {
        var worker = await StartOneAsync(cancellationToken);
        ready.SetResult(worker);
        watching = WatchAsync(worker);
        timing = functionTimeout == Timeout.InfiniteTimeSpan ? Task.CompletedTask : TimeAsync();
        return worker;
    }

    /// <summary>Runs an invocation on the worker, once there is one. Throws what <see cref="WorkerConnection.InvokeAsync"/> does.</summary>
    public async Task InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var worker = await ready.Task.WaitAsync(cancellationToken);
        await worker.Connection.InvokeAsync(request, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await watching;
        await timing;
        if (ready.Task.IsCompletedSuccessfully)
            await ready.Task.Result.DisposeAsync();
        stopping.Dispose();
    }

    private async Task<Worker> StartOneAsync(CancellationToken cancellationToken)
    {
        var connection = new WorkerConnection(Guid.NewGuid().ToString(), time, logs.Write);
        expected[connection.Id] = connection;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var process = await WorkerProcess.StartAsync(app, connection.Id, protocol, settings, console);
        try
        {
            return await Worker.ReadyAsync(process, connection, app, isWanted, limit.Token);
        }
        catch (Exception failure)
        {
            expected.TryRemove(connection.Id, out _);
            await process.DisposeAsync();
            if (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new HostException($"The app was not ready within {StartLimit.TotalSeconds:0} s.");
            throw;
        }
    }

    private async Task WatchAsync(Worker worker)
    {
        try
        {
            for (var failures = 0; ;)
            {
                var started = time.GetTimestamp();
                await worker.Ended.WaitAsync(stopping.Token);
                ready = NotReady();
                worker.Process.Kill();
                await worker.Process.Exited;
                failures = time.GetElapsedTime(started) > Settled ? 0 : failures;
                HostLog.WorkerEnded(logger, worker.Process.ExitCode);
                await worker.Process.DisposeAsync();
                for (var next = default(Worker); next is null; failures++)
                {
                    await Task.Delay(Pause(failures), time, stopping.Token);
                    try
                    {
                        next = await StartOneAsync(stopping.Token);
                    }
                    catch (HostException reason)
                    {
                        HostLog.WorkerDidNotStart(logger, reason.Message);
                    }
                    worker = next ?? worker;
                }
                HostLog.WorkerIsBack(logger);
                ready.SetResult(worker);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // DisposeAsync ends the worker that is there.
        }
    }

    private async Task TimeAsync()
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stopping.Token))
            {
                if (Current is not { } worker)
                    continue;
                foreach (var function in worker.Connection.CancelOverdue(functionTimeout))
                    HostLog.TimedOut(logger, function, functionTimeout);
                if (worker.Connection.HasOlderThan(functionTimeout + Grace))
                    worker.Process.Kill();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>None for the first death, then 1, 2, 4 ... seconds.</summary>
    private static TimeSpan Pause(int failures)
    {
        var pause = failures == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - 1, 10)));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static TaskCompletionSource<Worker> NotReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
