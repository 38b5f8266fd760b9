using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>How much a channel was told lately: stored with its lane.</summary>
/// <param name="At">When the figures were true.</param>
/// <param name="Singles">Messages of one alert that may leave at once, 0..5.</param>
/// <param name="Criticals">The same kept for critical alerts, 0..2.</param>
/// <param name="Piles">Messages of many since the storm began.</param>
/// <param name="NextPile">No message of many before.</param>
public sealed record LaneFlow(DateTimeOffset At, double Singles, double Criticals, int Piles, DateTimeOffset NextPile)
{
    public const int MaxSingles = 5;
    public const int MaxCriticals = 2;

    /// <summary>After the first message of many in a storm, doubled by each that follows.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public static readonly LaneFlow Rested = new(DateTimeOffset.MinValue, MaxSingles, MaxCriticals, 0, DateTimeOffset.MinValue);

    /// <summary>
    /// What is to leave now. In a quiet hour every alert on its own and at once; one message a second, in the long run, is what
    /// people can read and Slack takes. What comes faster is told together, at growing pauses; a critical alert leaves alone even
    /// then, twice at once and then once a minute.
    /// </summary>
    /// <param name="notices">What may be told now, with its version.</param>
    /// <param name="now">The time.</param>
    public LanePlan Plan(IReadOnlyList<LaneNotice> notices, DateTimeOffset now)
    {
        if (notices.Count == 0)
            return new(this, [], null);
        var flow = Refill(now);
        var ordered = notices.OrderBy(n => n, LaneNotice.WorstFirst).ToList();
        // Quiet hours are over: their digest is one message whatever else is going on.
        if (ordered.Where(n => n.Notice.HeldBy is not null).ToList() is { Count: > 0 } held)
            return new(flow, held, null);
        if (ordered.Count <= flow.Singles && (flow.Piles == 0 || now >= flow.NextPile))
            return new(flow with { Singles = flow.Singles - 1, Piles = 0 }, [ordered[0]], null);
        if (IsUrgent(ordered[0].Notice) && flow.Criticals >= 1)
            return new(flow with { Criticals = flow.Criticals - 1 }, [ordered[0]], null);
        if (now < flow.NextPile)
            return new(this, [], flow.NextPile);
        var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(flow.Piles, 10)));
        return new(flow with { Piles = flow.Piles + 1, NextPile = now + pause }, ordered, null);
    }

    /// <summary>A critical alert that came meanwhile need not wait for the next message of many.</summary>
    public bool HasRoomForCritical(DateTimeOffset now) => Refill(now).Criticals >= 1;

    /// <summary>It begins, and is critical.</summary>
    public static bool IsUrgent(Notice notice) =>
        notice.Alert.Severity == Severity.Critical && notice.Type is NoticeType.Opened or NoticeType.Escalated;

    private LaneFlow Refill(DateTimeOffset now)
    {
        var seconds = Math.Clamp((now - At).TotalSeconds, 0, 3600);
        return this with { At = now, Singles = Math.Min(MaxSingles, Singles + seconds), Criticals = Math.Min(MaxCriticals, Criticals + (seconds / 60)) };
    }
}

/// <param name="Flow">To be stored once it was told.</param>
/// <param name="Notices">What to tell in one message; empty = nothing now.</param>
/// <param name="Until">When to look again; null = when something new comes.</param>
public sealed record LanePlan(LaneFlow Flow, IReadOnlyList<LaneNotice> Notices, DateTimeOffset? Until);
