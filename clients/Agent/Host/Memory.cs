namespace IoTBackend.Agent.Host;

/// <summary>Gives back what was only needed for a while: a start and an update touch more than a reading a minute does, and the collector keeps what it once had.</summary>
internal sealed class Memory(TimeProvider time)
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(3);

    /// <summary>A step of an update is seldom the last.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnyHow = TimeSpan.FromMinutes(10);

    private readonly Wakeup _used = new(time);

    /// <summary>Something was done that is not done all the time.</summary>
    public void Used() => _used.Call();

    public async Task KeepSmallAsync(CancellationToken cancellationToken)
    {
        for (var pause = Start; ; pause = Pause)
        {
            await Task.Delay(pause, time, cancellationToken);
            try
            {
                FilePages.Leave();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Without a /proc everything stays where it is.
            }

            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            await _used.WaitAsync(AnyHow, cancellationToken);
        }
    }
}
