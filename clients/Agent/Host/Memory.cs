namespace IoTBackend.Agent.Host;

/// <summary>Gives back what was only needed for a while: a start and an update touch more than a reading a minute does, and the collector keeps what it once had.</summary>
internal sealed class Memory(TimeProvider time)
{
    /// <summary>A step of an update is seldom the last.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnyHow = TimeSpan.FromMinutes(10);

    private readonly Wakeup _used = new(time);

    /// <summary>Something was done that is not done all the time.</summary>
    public void Used() => _used.Call();

    public async Task KeepSmallAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Pause, time, cancellationToken);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            await _used.WaitAsync(AnyHow, cancellationToken);
        }
    }
}
