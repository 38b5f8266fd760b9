using System.Collections.Concurrent;

namespace IoTBackend.Agent.Updates;

/// <summary>One runner per track, each on its own: a download that takes hours on one holds up no other.</summary>
internal sealed class Workloads(StateFile state, Func<string, WorkloadRunner> make)
{
    private readonly ConcurrentDictionary<string, WorkloadRunner> _runners = new(StringComparer.Ordinal);
    private readonly List<Task> _running = [];

    /// <summary>Starts runners for tracks that have none and wakes the others.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        foreach (var track in state.Tracks)
        {
            if (_runners.TryGetValue(track, out var known))
            {
                known.Wake();
                continue;
            }

            var runner = _runners[track] = make(track);
            lock (_running)
                _running.Add(runner.RunAsync(cancellationToken));
        }
    }

    /// <summary>Ends when one of them does, which is a bug or the end of the agent.</summary>
    public async Task WatchAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task[] running;
            lock (_running)
                running = [.. _running];
            await await Task.WhenAny([.. running, Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken)]);
        }
    }
}
