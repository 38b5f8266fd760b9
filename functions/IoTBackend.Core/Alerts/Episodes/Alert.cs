using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

public enum AlertState
{
    Open,
    Acknowledged,
    Cleared,
}

/// <summary>An episode as operators see it: the sum of its steps, whatever the order in which they arrived.</summary>
public sealed record Alert
{
    /// <summary>As in <see cref="AlertTransition.AlertId"/>.</summary>
    public required string Id { get; init; }

    public required AlertKind Kind { get; init; }

    /// <summary>As last said.</summary>
    public required Severity Severity { get; init; }

    /// <summary>The worst it ever was: who was told of it is told of its end.</summary>
    public required Severity WorstSeverity { get; init; }

    public string? DeviceId { get; init; }

    public string? Group { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    public required string Summary { get; init; }

    public string? Cause { get; init; }

    public required IReadOnlyDictionary<string, object> Evidence { get; init; }

    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When summary, severity, cause and evidence were said.</summary>
    public required DateTimeOffset SaidAt { get; init; }

    /// <summary>The step that said them.</summary>
    public required AlertChange SaidBy { get; init; }

    public DateTimeOffset? OpenedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? ClearedAt { get; init; }

    /// <summary>The silence that keeps it from the channels; null = they were told.</summary>
    public string? SilencedBy { get; init; }

    /// <summary>A step of this episode that is about nothing new.</summary>
    public AlertTransition Step(AlertChange change, string summary, DateTimeOffset at) => new()
    {
        AlertId = Id,
        Change = change,
        Kind = Kind,
        Severity = Severity,
        DeviceId = DeviceId,
        Group = Group,
        Groups = Groups,
        Summary = summary,
        Cause = Cause,
        Evidence = Evidence,
        RaisedAt = RaisedAt,
        At = at,
    };

    public AlertState State =>
        ClearedAt is not null ? AlertState.Cleared : AcknowledgedAt is not null ? AlertState.Acknowledged : AlertState.Open;
}
