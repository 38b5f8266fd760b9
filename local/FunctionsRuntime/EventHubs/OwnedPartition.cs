namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>
/// A partition this host holds, and its pump. Unless renewed it is lost by itself after the expiry, however long storage keeps the
/// balancer waiting: by then another host may have it.
/// </summary>
internal sealed class OwnedPartition : IDisposable
{
    private readonly CancellationTokenSource lost;
    private readonly CancellationTokenSource ending;
    private readonly TimeSpan expiry;
    private readonly TimeProvider time;

    public OwnedPartition(Ownership ownership, DateTimeOffset asked, TimeSpan expiry, TimeProvider time, Func<CancellationToken, Task> pump, CancellationToken abort)
    {
        (this.expiry, this.time) = (expiry, time);
        lost = new(expiry, time);
        ending = CancellationTokenSource.CreateLinkedTokenSource(lost.Token, abort);
        Ownership = ownership;
        Renewed(ownership, asked);
        Pump = pump(ending.Token);
    }

    public Ownership Ownership { get; private set; }

    public Task Pump { get; }

    public bool IsLost => lost.IsCancellationRequested;

    /// <summary>Good for the expiry from the moment the renewal was asked for.</summary>
    public void Renewed(Ownership ownership, DateTimeOffset asked)
    {
        Ownership = ownership;
        var left = asked + expiry - time.GetUtcNow();
        lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    public void Lose() => lost.Cancel();

    public void Dispose()
    {
        ending.Dispose();
        lost.Dispose();
    }
}
