namespace IoTBackend.Agent.Host;

/// <summary>Growing pauses with jitter, so that a fleet that lost its server does not come back in chorus.</summary>
/// <param name="first">Before the second try.</param>
/// <param name="random">0 to 1.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Func<double> random)
{
    private int _failures;

    public void Succeeded() => _failures = 0;

    /// <param name="asked"><c>Retry-After</c>: at least so long, and some more at random.</param>
    public TimeSpan Failed(TimeSpan? asked = null)
    {
        var ceiling = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(_failures++, 30)));
        // Half to all of it: a pause that can be nothing is none.
        var pause = TimeSpan.FromSeconds(ceiling * (0.5 + random() / 2));
        return asked is { } least ? least + pause / 2 : pause;
    }
}
