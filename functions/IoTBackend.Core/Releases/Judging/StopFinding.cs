namespace IoTBackend.Core.Releases.Judging;

/// <summary>What the figures say of an image, in rising order of harm.</summary>
public enum Answer
{
    /// <summary>Worse than the limit is excluded.</summary>
    NotWorse,

    /// <summary>Neither is excluded.</summary>
    CannotTell,
    Worse,
}

/// <summary>What follows for the rollout.</summary>
public enum NextStep
{
    GoOn,

    /// <summary>No further wave yet; look again.</summary>
    Wait,

    /// <summary>An operator decides.</summary>
    Pause,
    Stop,
}

/// <param name="Criterion"><c>failures</c>, <c>silence</c>, <c>restarts</c> or <c>drain</c>.</param>
/// <param name="Reason">One sentence with the figures.</param>
/// <param name="Effect">A share of devices, 0..1, or how much faster batteries drain, 0.25 = by a quarter; null = not known.</param>
/// <param name="Low">Lower bound, right at all looks of a rollout together in 99.5 % of rollouts at least; null = open.</param>
/// <param name="High">Upper bound, in 99 %; null = open.</param>
/// <param name="SmallestEffect">The smallest that would have been called worse with these devices in four of five cases (a share: the smallest observed one); null = none would.</param>
public sealed record CriterionFinding(string Criterion, Answer Answer, string Reason, double? Effect = null, double? Low = null, double? High = null, double? SmallestEffect = null);

/// <param name="Answer">The worst of the criteria's.</param>
/// <param name="Reason">Of the criteria that decided.</param>
/// <param name="Memory">To be given back at the next look.</param>
/// <param name="LookAgainAt">For <see cref="NextStep.Wait"/>.</param>
public sealed record StopFinding(
    Answer Answer, NextStep Next, string Reason, IReadOnlyList<CriterionFinding> Criteria, StopMemory Memory, DateTimeOffset? LookAgainAt = null);

/// <summary>What was looked at so far in a rollout: every look spends a part of the probability of being wrong. A stored document.</summary>
public sealed record StopMemory
{
    public static readonly StopMemory None = new();

    /// <summary>Looks at silence and restarts, and device-hours seen at the latest.</summary>
    public int ShareLooks { get; init; }

    public double ShareHours { get; init; }

    /// <summary>Looks for emptied batteries, and device-hours after the switch at the latest.</summary>
    public int DrainLooks { get; init; }

    public double DrainHours { get; init; }

    /// <summary>Looks at the shift of the drain, how fine the latest saw (<see cref="DrainCriterion.Shift(int)"/>), and in how many groups.</summary>
    public int ShiftLooks { get; init; }

    public int ShiftFineness { get; init; }

    public int ShiftGroups { get; init; }

    /// <summary>What the latest looks found.</summary>
    public CriterionFinding? Silence { get; init; }

    public CriterionFinding? Restarts { get; init; }

    public CriterionFinding? Drain { get; init; }
}
