using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

public enum RolloutState
{
    /// <summary>Waits for its time or for an operator, or is being planned.</summary>
    Scheduled,
    Running,

    /// <summary>An operator's decision, or one an operator has to take; goes on with the devices it has begun.</summary>
    Paused,

    /// <summary>The release is worse than what was there.</summary>
    Stopped,

    /// <summary>Every wave is through. Devices that were not there come later.</summary>
    Done,
    Cancelled,

    /// <summary>A newer release has taken over.</summary>
    Superseded,

    /// <summary>Devices are being told what they ran before.</summary>
    RollingBack,
    RolledBack,
}

/// <summary>A release on its way out in waves. Changed by version only, each change with the devices it concerns in one transaction.</summary>
public sealed record StagedRollout
{
    /// <summary>Id of the release.</summary>
    public required string Release { get; init; }

    public required string Track { get; init; }

    /// <summary>1 and up: a release that was superseded or rolled back may go out again.</summary>
    public required int Round { get; init; }

    /// <summary>Grows with every rollout of the track: a device takes no word of an earlier one any more.</summary>
    public required long Epoch { get; init; }

    public RolloutState State { get; init; }

    /// <summary>Why it is in this state; null = in the course of things.</summary>
    public string? Reason { get; init; }

    /// <summary>The track's settings when it began: changing them changes the next one.</summary>
    public required TrackRollout Rules { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is to start; null = when an operator says so.</summary>
    public DateTimeOffset? StartAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The release that was the track's before; null = none.</summary>
    public string? Previous { get; init; }

    /// <summary>Which attempt to plan its devices was finished; 0 = none yet. Blocks of another are nobody's.</summary>
    public int Plan { get; init; }

    /// <summary>Attempts to plan that were begun.</summary>
    public int PlansBegun { get; init; }

    /// <summary>How many devices may have begun by the end of each wave.</summary>
    public IReadOnlyList<int> Limits { get; init; } = [];

    /// <summary>The wave, from 0.</summary>
    public int Wave { get; init; }

    public DateTimeOffset WaveSince { get; init; }

    /// <summary>Looked at the figures and could not tell: they are asked again then.</summary>
    public DateTimeOffset? AskAgainAt { get; init; }

    /// <summary>An operator does not wait for this wave's soak.</summary>
    public bool NextNow { get; init; }

    /// <summary>Blocks up to this key are open; <see cref="Everything"/> = all.</summary>
    public string Cursor { get; init; } = "";

    public IReadOnlyDictionary<string, int> Counts { get; init; } = RolloutCounts.None;

    /// <summary>Usual time between two reports of its devices, the middle one, when it was planned; zero = not known.</summary>
    public TimeSpan Rhythm { get; init; }

    /// <summary>From being told to the switch, as past updates of its models took; null = not known.</summary>
    public TimeSpan? Takes { get; init; }

    /// <summary>Devices that may be told at once, of the pace, at <see cref="PaceAt"/>.</summary>
    public double Pace { get; init; }

    public DateTimeOffset PaceAt { get; init; }

    public DateTimeOffset DueAt { get; init; }

    /// <summary>What the judge said last, and what it wants to know of it the next time.</summary>
    public StopFinding? Finding { get; init; }

    /// <summary>What an operator has seen and let go on: it stops or pauses this rollout again only when it is worse than it was.</summary>
    public IReadOnlyList<CriterionFinding> Accepted { get; init; } = [];

    /// <summary>Groups whose silence an operator was asked about, and when that silence was raised; the latest <see cref="MostAsked"/>.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Asked { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>Steps so far: the version operators see.</summary>
    public long Number { get; init; }

    /// <summary>Since when operators have an alert that somebody has to decide; null = they have none.</summary>
    public DateTimeOffset? AlertedAt { get; init; }

    /// <summary>The step before the first of <see cref="Owing"/>, which its announcement ends; null = none.</summary>
    public RolloutStep? Last { get; init; }

    /// <summary>Steps the channels are still to be told of.</summary>
    public IReadOnlyList<RolloutStep> Owing { get; init; } = [];

    internal const int MostAsked = 100;

    /// <summary>A key behind all others.</summary>
    public const string Everything = "~";

    public const string Backend = "backend";

    [JsonIgnore]
    public string Id => $"{Release}.{Round}";

    [JsonIgnore]
    public int Fleet => Counts.Total();

    /// <summary>It tells devices; after its end those that come late.</summary>
    [JsonIgnore]
    public bool MayOffer => State is RolloutState.Running or RolloutState.Done;

    /// <summary>For what a device waits that would be told in the course of things while an operator has to decide: of <see cref="Because"/>; null = it goes on.</summary>
    [JsonIgnore]
    public string? WaitsForOperator => State switch { RolloutState.Paused => Because.Paused, RolloutState.Stopped => Because.Stopped, _ => null };

    /// <summary>Neither it nor anybody else changes this any more.</summary>
    [JsonIgnore]
    public bool IsOver => State is RolloutState.Superseded or RolloutState.RolledBack or RolloutState.Cancelled;

    /// <summary>Somebody has to look after it again.</summary>
    [JsonIgnore]
    public bool IsActive => !IsOver && State != RolloutState.Done || Counts.Open() > 0 || Owing.Count > 0 || (MayOffer && Counts.Of(UpdateStep.Waiting) + Counts.Watched() > 0);

    /// <summary>Devices that may still begin in this wave.</summary>
    [JsonIgnore]
    public int Room => (State == RolloutState.Done || Limits.Count == 0 ? Fleet : Limits[Math.Min(Wave, Limits.Count - 1)]) - Counts.Begun();

    /// <summary>The next step, on the timeline and in the channels' debt.</summary>
    public StagedRollout Say(string what, string by, string? why, DateTimeOffset now)
    {
        var step = new RolloutStep(Number + 1, now, what, by, why, State, Wave + 1, Counts.Steps());
        return this with { Number = step.Number, Owing = [.. Owing, step] };
    }

    /// <summary>The channels have been told.</summary>
    public StagedRollout Told() => this with { Owing = [], Last = Owing.LastOrDefault(s => s.IsAnnounced) ?? Last, AlertedAt = State is RolloutState.Paused or RolloutState.Stopped ? AlertedAt : null };

    /// <summary>With devices changed.</summary>
    public StagedRollout Change(IEnumerable<RolloutBlock> before, IEnumerable<RolloutBlock> after) =>
        this with { Counts = Counts.Change(before.SelectMany(b => b.Devices), after.SelectMany(b => b.Devices)) };

    /// <summary>The waves from this one on, if all goes well; empty = nobody can tell, or all have come.</summary>
    public IReadOnlyList<WaveForecast> Forecast(DateTimeOffset now) => State is RolloutState.Running or RolloutState.Paused
        ? RolloutForecast.Of(Rules, Limits, Wave, Counts.Begun(), Rhythm, Takes, WaveRules.IsOpening(this) ? now : ToldBy, now)
        : [];

    /// <summary>When the last device of this wave has been told, at the pace.</summary>
    private DateTimeOffset ToldBy =>
        WaveSince + TimeSpan.FromMinutes((double)(Limits.ElementAtOrDefault(Wave) - Limits.ElementAtOrDefault(Wave - 1)) / Rules.PacePerMinute);

    /// <summary>When devices may be told again; null = now.</summary>
    public DateTimeOffset? WindowOpensAt(DateTimeOffset now) => Turn.WindowOpens(Rules, now);

    /// <summary>Devices that the pace lets through now; up to ten seconds' worth may be saved up, and one at least.</summary>
    public double PaceNow(DateTimeOffset now)
    {
        var perSecond = Rules.PacePerMinute / 60.0;
        return Math.Min(Math.Max(1, perSecond * 10), Pace + Math.Max(0, (now - PaceAt).TotalSeconds) * perSecond);
    }
}

/// <summary>One line of a rollout's timeline.</summary>
/// <param name="What">Of a closed set: <c>scheduled</c>, <c>planned</c>, <c>wave</c>, <c>paused</c>, <c>resumed</c>, <c>stopped</c>, <c>done</c>, ...</param>
/// <param name="By">Who; <c>backend</c> = by itself.</param>
/// <param name="Wave">From 1.</param>
/// <param name="Counts">Devices by step then.</param>
public sealed record RolloutStep(
    long Number, DateTimeOffset At, string What, string By, string? Why, RolloutState State, int Wave, IReadOnlyDictionary<string, int> Counts)
{
    /// <summary>The channels are told of it; what is decided for one device is on the timeline only.</summary>
    [JsonIgnore]
    public bool IsAnnounced => What is not ("held" or "letGo");
}
