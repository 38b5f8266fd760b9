namespace IoTBackend.FunctionsHost.Queues;

/// <summary>The pause between two looks at a queue: none while it gives, then growing to the maximum.</summary>
internal sealed class PollingPause(TimeSpan maximum)
{
    private static readonly TimeSpan Minimum = TimeSpan.FromMilliseconds(100);

    private TimeSpan pause;

    public TimeSpan After(bool found)
    {
        pause = found ? TimeSpan.Zero : pause == TimeSpan.Zero ? Minimum : 2 * pause;
        return pause = pause < maximum ? pause : maximum;
    }
}
