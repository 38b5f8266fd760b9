using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Episodes;

public enum AlertState
{
    Open,
    Acknowledged,
    Cleared,
}

/// <param name="Channel">Who is to be told.</param>
/// <param name="Occurrence">Tells apart what is said more than once in an alert's life: it became worse, the chain's next step.</param>
/// <param name="Escalated">Because nobody acknowledged it.</param>
/// <param name="Note">A sentence more: why it is told now.</param>
public sealed record Owed(string Channel, string Occurrence = "", bool Escalated = false, string? Note = null);

/// <summary>What a step of an episode said of it.</summary>
/// <param name="Cause">As in <see cref="AlertTransition.Cause"/>.</param>
/// <param name="Evidence">As in <see cref="AlertTransition.Evidence"/>.</param>
/// <param name="SaidAt">When.</param>
/// <param name="SaidBy">Which step.</param>
public sealed record AlertWords(
    Severity Severity, string Summary, string? Cause, IReadOnlyDictionary<string, object> Evidence, DateTimeOffset SaidAt, AlertChange SaidBy);

/// <summary>An episode as operators see it: the sum of its steps, whatever the order in which they arrived.</summary>
public record Alert
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

    /// <summary>
    /// Why it was raised, in the words of that time, where summary, severity, cause and evidence are of a later step, such as its end;
    /// null = they are those of the raise, or version 0.1 stored the alert.
    /// </summary>
    public AlertWords? Raise { get; init; }

    public DateTimeOffset? OpenedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? ClearedAt { get; init; }

    /// <summary>Who acknowledged it, as they called themselves.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>Who looks after it.</summary>
    public string? Assignee { get; init; }

    /// <summary>The channels that are told of it, from its beginning to its end; null = nobody was yet.</summary>
    public IReadOnlyList<string>? Channels { get; init; }

    /// <summary>Who is still to be told of it as it is now; written with the step that makes it news, and gone once it waits in their lanes.</summary>
    public IReadOnlyList<Owed>? Owing { get; init; }

    /// <summary>The chain it climbs while nobody acknowledges it.</summary>
    public string? Escalation { get; init; }

    /// <summary>The mute that keeps it from the channels; null = they were told.</summary>
    public string? MutedBy { get; init; }

    /// <summary>What <see cref="MutedBy"/> was called in version 0.1, for readers of that time and stored alerts of it.</summary>
    public string? SilencedBy
    {
        get => MutedBy;
        init => MutedBy ??= value;
    }

    internal AlertWords Words => new(Severity, Summary, Cause, Evidence, SaidAt, SaidBy);

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
