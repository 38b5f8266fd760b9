namespace IoTBackend.Stack.Children;

/// <summary>Keeps one program running: started again whenever it dies, the later the more often it did so lately.</summary>
internal sealed class Supervised(ChildProgram program, string logFolder, TimeProvider time, Action<string> say) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>After so long the deaths before are forgotten.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private ChildProcess? process;
    private Task watching = Task.CompletedTask;

    public string Name => program.Name;

    /// <summary>Zero before it was started.</summary>
    public int ProcessId => process?.Id ?? 0;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="StackException">It did not get there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        process = await ChildProcess.StartAsync(program, logFolder);
        await process.ReadyAsync(StartLimit, time, cancellationToken);
        watching = WatchAsync(process);
    }

    /// <summary>Kills it as a power cut would; it is started again like after any other death.</summary>
    /// <returns>False where it was dead already.</returns>
    public async Task<bool> KillAsync()
    {
        if (process is not { HasExited: false } alive)
            return false;
        await alive.KillAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await watching;
        if (process is not null)
            await process.StopAsync();
        process?.Dispose();
        stopping.Dispose();
    }

    /// <summary>How long to wait after so many deaths in a row: what died by an accident is back at once, what cannot live does not keep the machine busy.</summary>
    internal static TimeSpan Pause(int deaths) =>
        deaths > 10 ? LongestPause : TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << (deaths - 1), LongestPause.Ticks));

    private async Task WatchAsync(ChildProcess current)
    {
        var deaths = 0;
        try
        {
            while (true)
            {
                var started = time.GetTimestamp();
                await current.Exited.WaitAsync(stopping.Token);
                deaths = time.GetElapsedTime(started) > Steady ? 1 : deaths + 1;
                var pause = Pause(deaths);
                say($"{current.Obituary()}\nStarting {Name} again{(pause >= TimeSpan.FromSeconds(2) ? $" in {pause.TotalSeconds:0} s" : "")}.");
                await Task.Delay(pause, time, stopping.Token);
                using var dead = current;
                process = current = await ChildProcess.StartAsync(program, logFolder);
                await AwaitReadyAsync(current);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // DisposeAsync ends the program.
        }
    }

    /// <summary>What does not get ready has died as well, by our hand if it must.</summary>
    private async Task AwaitReadyAsync(ChildProcess started)
    {
        try
        {
            await started.ReadyAsync(StartLimit, time, stopping.Token);
            say($"{Name} is back.");
        }
        catch (StackException) when (started.HasExited)
        {
            // Told by its obituary.
        }
        catch (StackException late)
        {
            say(late.Message);
            await started.KillAsync();
        }
    }
}
