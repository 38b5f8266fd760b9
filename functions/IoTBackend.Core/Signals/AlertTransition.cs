namespace IoTBackend.Core.Signals;

public enum AlertChange
{
    Opened,

    /// <summary>Still open; the cause, severity or evidence became better known.</summary>
    Revised,
    Acknowledged,

    /// <summary>Over. Said again, and told to nobody, where more became known of it.</summary>
    Cleared,
}

/// <summary>
/// One step in the life of an alert. It is stored beside the state that caused it, then queued, then delivered to every
/// channel that wants it; the same step may arrive twice and must have its effect once.
/// </summary>
public sealed record AlertTransition
{
    /// <summary>The episode's id, the same for all its steps: <c>{subject}~{kind}~{raised, unix ms}</c>, subject = device id or group name.</summary>
    public required string AlertId { get; init; }

    public required AlertChange Change { get; init; }

    public required AlertKind Kind { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>The device concerned; null for an alert about a group, a release or the whole fleet.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The group, for a group's alert.</summary>
    public string? Group { get; init; }

    /// <summary>Groups the subject belongs to: what channels and silences match on.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>One sentence an operator can act on.</summary>
    public required string Summary { get; init; }

    /// <summary>When the episode began (opened).</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When this step happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>For silences: <c>power</c>, <c>link</c>, <c>gateway</c>, <c>device</c>, <c>update</c> or <c>unknown</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>The figures behind the verdict, by name; values are numbers, strings, booleans or lists of strings.</summary>
    public IReadOnlyDictionary<string, object> Evidence { get; init; } = new Dictionary<string, object>();

    /// <summary>Who acknowledged it, as they called themselves; null = nobody said.</summary>
    public string? By { get; init; }

    /// <summary>W3C trace context of the reading that caused it.</summary>
    public string? TraceParent { get; init; }

    public static string IdOf(string subject, AlertKind kind, DateTimeOffset raisedAt) =>
        $"{subject}~{kind.Name()}~{raisedAt.ToUnixTimeMilliseconds()}";
}
