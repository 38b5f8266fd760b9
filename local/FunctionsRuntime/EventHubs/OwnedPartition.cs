namespace IoTBackend.Local.FunctionsHost.EventHubs;

/// <summary>A partition this host holds, and its pump.</summary>
internal sealed class OwnedPartition : IDisposable
{
    private readonly CancellationTokenSource lost;

    public OwnedPartition(Ownership ownership, DateTimeOffset renewedAt, Func<CancellationToken, Task> pump, CancellationToken abort)
    {
        lost = CancellationTokenSource.CreateLinkedTokenSource(abort);
        (Ownership, RenewedAt, Pump) = (ownership, renewedAt, pump(lost.Token));
    }

    public Ownership Ownership { get; private set; }

    /// <summary>When the last successful renewal was asked for: the ownership is good for its expiry from then.</summary>
    public DateTimeOffset RenewedAt { get; private set; }

    public Task Pump { get; }

    public bool IsLost { get; private set; }

    public void Renewed(Ownership ownership, DateTimeOffset asked) => (Ownership, RenewedAt) = (ownership, asked);

    public void Lose()
    {
        IsLost = true;
        lost.Cancel();
    }

    public void Dispose() => lost.Dispose();
}
