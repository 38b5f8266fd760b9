namespace IoTBackend.Agent.Host;

/// <summary>Gives back what was only needed for a while: a start and an update touch more than a reading a minute does, and the collector keeps what it once had.</summary>
internal static class Memory
{
    private static readonly TimeSpan AfterStart = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    public static async Task KeepSmallAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        for (var pause = AfterStart; ; pause = Every)
        {
            await Task.Delay(pause, time, cancellationToken);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
