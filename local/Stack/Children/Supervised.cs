namespace IoTBackend.Stack.Children;

/// <summary>Keeps one program running: started again when it dies by itself, given up when it keeps dying.</summary>
internal sealed class Supervised(ChildProgram program, string logFolder, TimeProvider time, Action<string> say) : IAsyncDisposable
{
    private const int MaxDeaths = 5;
    private static readonly TimeSpan DeathWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<StackException> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess? process;
    private Task watching = Task.CompletedTask;

    public string Name => program.Name;

    /// <summary>Zero before it was started.</summary>
    public int ProcessId => process?.Id ?? 0;

    /// <summary>Ends when the program cannot be kept running; says why.</summary>
    public Task<StackException> Failed => failed.Task;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="StackException">It did not get there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        process = await ChildProcess.StartAsync(program, logFolder);
        await process.ReadyAsync(StartLimit, time, cancellationToken);
        watching = WatchAsync();
    }

    /// <summary>Kills it as a power cut would; it is started again like after any other death.</summary>
    public Task KillAsync() => process?.KillAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await watching;
        if (process is not null)
            await process.StopAsync();
        process?.Dispose();
        stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        var deaths = new Queue<long>();
        try
        {
            while (true)
            {
                await process!.Exited.WaitAsync(stopping.Token);
                deaths.Enqueue(time.GetTimestamp());
                while (time.GetElapsedTime(deaths.Peek()) > DeathWindow)
                    deaths.Dequeue();
                var obituary = process.Obituary();
                if (deaths.Count > MaxDeaths)
                    throw new StackException($"{obituary}\nIt keeps dying: giving up.");
                say($"{obituary}\nStarting {Name} again.");
                await Task.Delay(TimeSpan.FromMilliseconds(200) * deaths.Count, time, stopping.Token);
                process.Dispose();
                process = await ChildProcess.StartAsync(program, logFolder);
                await process.ReadyAsync(StartLimit, time, stopping.Token);
                say($"{Name} is back.");
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // DisposeAsync ends the program.
        }
        catch (StackException reason)
        {
            failed.TrySetResult(reason);
        }
    }
}
