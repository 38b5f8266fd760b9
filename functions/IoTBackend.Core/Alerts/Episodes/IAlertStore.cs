using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

/// <param name="Alert">The alert.</param>
/// <param name="Version">The store's, to write only over what was read; null = not stored yet.</param>
public sealed record StoredAlert(Alert Alert, string? Version);

/// <param name="State">Null = any.</param>
/// <param name="DeviceId">Null = any.</param>
/// <param name="Top">Most alerts in one page.</param>
/// <param name="After">Where the page before ended; null = from the newest.</param>
/// <param name="Kind">Null = any.</param>
/// <param name="Group">Those about it and about devices that were in it; null = any.</param>
/// <param name="Since">Raised then or later; null = whenever.</param>
public sealed record AlertQuery(
    AlertState? State, string? DeviceId, int Top, string? After, AlertKind? Kind = null, string? Group = null, DateTimeOffset? Since = null)
{
    public bool Fits(Alert alert) =>
        (State is null || alert.State == State) && (Kind is null || alert.Kind == Kind) && (DeviceId is null || alert.DeviceId == DeviceId)
        && (Group is null || alert.Group == Group || alert.Groups.Contains(Group)) && !(alert.RaisedAt < Since);
}

/// <param name="Alerts">The newest first.</param>
/// <param name="Continuation">For the next page, also where this one is short: a page looks at so many alerts and no more; null = this was the last.</param>
public sealed record AlertPage(IReadOnlyList<Alert> Alerts, string? Continuation);

public interface IAlertStore
{
    Task<StoredAlert?> FindAsync(string alertId, CancellationToken cancellationToken);

    /// <summary>False = somebody else wrote since it was read.</summary>
    Task<bool> TrySaveAsync(StoredAlert alert, CancellationToken cancellationToken);

    /// <summary>Makes the list of open alerts say what the alert says; to be called after every step, also a repeated one.</summary>
    Task ListOpenOrNotAsync(string alertId, CancellationToken cancellationToken);

    Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken);

    /// <summary>All that are not cleared, without looking at history.</summary>
    IAsyncEnumerable<Alert> ListOpenAsync(CancellationToken cancellationToken);

    /// <summary>Removes alerts raised before a time and cleared since; costs what it removes, and one look at each that is still open.</summary>
    Task TrimAsync(DateTimeOffset raisedBefore, CancellationToken cancellationToken);

    /// <summary>Those of one device, acknowledged or not, the newest first.</summary>
    Task<IReadOnlyList<Alert>> ListOpenAsync(string deviceId, CancellationToken cancellationToken);
}
