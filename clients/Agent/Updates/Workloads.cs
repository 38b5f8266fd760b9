namespace IoTBackend.Agent.Updates;

/// <summary>One runner per track, each on its own: a download that takes hours on one holds up no other.</summary>
internal sealed class Workloads(StateFile state, Func<string, WorkloadRunner> make)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (WorkloadRunner Runner, Task Running)> _runners = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_gate)
                return _runners.Count;
        }
    }

    /// <summary>Starts runners for tracks that have none and wakes the others.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var track in state.Tracks)
            {
                if (_runners.TryGetValue(track, out var known))
                {
                    known.Runner.Wake();
                    continue;
                }

                var runner = make(track);
                _runners[track] = (runner, RunAsync(track, runner, cancellationToken));
            }
        }
    }

    /// <summary>Ends when a runner fails, which is a bug, or with the agent.</summary>
    public async Task WatchAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task[] running;
            lock (_gate)
                running = [.. _runners.Values.Select(r => r.Running)];
            await await Task.WhenAny([.. running, Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken)]);
        }
    }

    private async Task RunAsync(string track, WorkloadRunner runner, CancellationToken cancellationToken)
    {
        // Not before it stands among the others.
        await Task.Yield();
        await runner.RunAsync(cancellationToken);
        lock (_gate)
        {
            _runners.Remove(track);
            // It may have been wanted again since it was forgotten.
            Start(cancellationToken);
        }
    }
}
