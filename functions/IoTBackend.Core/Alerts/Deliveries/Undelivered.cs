namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What a channel was not to be told, for an operator to look at and send again.</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Notice">What it was to be told.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="At">When it was given up.</param>
/// <param name="Id">The store's.</param>
public sealed record Undelivered(string Channel, Notice Notice, string Reason, DateTimeOffset At, string Id = "");

public interface IUndelivered
{
    Task AddAsync(IReadOnlyList<Undelivered> given, CancellationToken cancellationToken);

    /// <param name="channel">Null = of all.</param>
    /// <param name="top">Most to return, the newest first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<IReadOnlyList<Undelivered>> ListAsync(string? channel, int top, CancellationToken cancellationToken);

    Task<Undelivered?> FindAsync(string id, CancellationToken cancellationToken);

    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Removes what was given up before; costs what it removes.</summary>
    Task TrimAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>Owes a channel once more what was given up: what is true of the alert now.</summary>
public sealed class Resend(IUndelivered undelivered, Episodes.IAlertStore alerts, ILaneStore lanes, ILaneCalls calls, TimeProvider time)
{
    public async Task RunAsync(Undelivered given, CancellationToken cancellationToken)
    {
        var notice = given.Notice with { Since = time.GetUtcNow(), Attempts = 0, NotBefore = null, HeldBy = null };
        if (await alerts.FindAsync(notice.Alert.Id, cancellationToken) is { Alert: var alert })
            notice = notice with { Alert = alert, Type = alert.ClearedAt is not null ? NoticeType.Cleared : notice.Type };
        // Owed before it is removed: a cut in between tells twice under one id, never not at all.
        await lanes.OweAsync(given.Channel, notice, cancellationToken);
        await calls.EnqueueAsync(new(given.Channel), TimeSpan.Zero, cancellationToken);
        await undelivered.RemoveAsync(given.Id, cancellationToken);
    }
}
