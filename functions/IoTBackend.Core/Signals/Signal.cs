namespace IoTBackend.Core.Signals;

/// <summary>What a detector found: an episode began, became better known, or ended. Made only on a change, never per reading.</summary>
/// <param name="Kind">The alert's kind; one open episode per device and kind.</param>
/// <param name="Change"><see cref="AlertChange.Opened"/>, <see cref="AlertChange.Revised"/> or <see cref="AlertChange.Cleared"/>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="RaisedAt">When the episode was raised; the same in all signals of one episode.</param>
/// <param name="At">When this change happened.</param>
/// <param name="Summary">One sentence an operator can act on.</param>
/// <param name="Cause">For silences: power, link, gateway, device, update or unknown.</param>
/// <param name="Evidence">The figures behind it, by name.</param>
public sealed record Signal(
    AlertKind Kind,
    AlertChange Change,
    Severity Severity,
    DateTimeOffset RaisedAt,
    DateTimeOffset At,
    string Summary,
    string? Cause,
    IReadOnlyDictionary<string, object> Evidence);
