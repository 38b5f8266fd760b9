using System.Globalization;
using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>How far a device of a rollout has come.</summary>
public enum UpdateStep
{
    /// <summary>Not begun; its reason says for what it waits.</summary>
    Waiting,

    /// <summary>It is being told: stored before it is done, so that who dies meanwhile is found out.</summary>
    Offering,
    Told,

    /// <summary>Its telemetry names the image; it soaks.</summary>
    Observed,
    Done,
    Failed,

    /// <summary>It left the denominator.</summary>
    Lost,
    RolledBack,

    /// <summary>A newer release has taken over.</summary>
    Superseded,
}

/// <summary>Why a device waits or is lost: a closed set, counted. What failed it, the judge names.</summary>
public static class Because
{
    public const string Offline = "offline";
    public const string Battery = "battery";
    public const string Charging = "charging";
    public const string OtherTrack = "otherTrack";
    public const string Gateway = "gateway";
    public const string Deferred = "deferred";
    public const string Retry = "retry";
    public const string Wave = "wave";
    public const string Window = "window";
    public const string Pace = "pace";
    public const string Paused = "paused";
    public const string Stopped = "stopped";
    public const string Removed = "removed";

    public const string Disabled = "disabled";
    public const string UnknownPlatform = "unknownPlatform";
    public const string Incompatible = "incompatible";
    public const string Segment = "segment";
    public const string Pinned = "pinned";
    public const string Excluded = "excluded";
    public const string NotTargeted = "notTargeted";

    /// <summary>It waits for its turn, and for nothing of its own.</summary>
    public static bool IsTurn(string? code) => code is null or Wave or Window or Pace;
}

/// <summary>One device of a rollout; part of a <see cref="RolloutBlock"/>.</summary>
public sealed record RolloutDevice
{
    public required string Id { get; init; }

    public UpdateStep Step { get; init; }

    /// <summary>Of <see cref="Because"/>, or what the judge names; null = nothing is to be said.</summary>
    public string? Code { get; init; }

    /// <summary>A sentence more.</summary>
    public string? Reason { get; init; }

    /// <summary>For who waits: when that is expected to be over; null = nobody knows.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>When somebody looks at it next; without meaning once it is final.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>The registration it was placed by: another one places it anew.</summary>
    public string Placed { get; init; } = "";

    public string? Model { get; init; }

    public string PlatformDigest { get; init; } = "";

    public long SizeBytes { get; init; }

    /// <summary>What it was counted under while it switches.</summary>
    public string? Gateway { get; init; }

    public DateTimeOffset? ToldAt { get; init; }

    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>Its own rhythm, as it was when it was told.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Other tracks have work on it too: it is set free for them as soon as it is through.</summary>
    public bool IsShared { get; init; }

    /// <summary>Looks without anything new, for the pauses between them.</summary>
    public int Looks { get; init; }

    /// <summary>How often it was told; more than once only because an operator asked for it.</summary>
    public int Attempt { get; init; }

    /// <summary>What telemetry had said of it when the rollout began, then when it was told.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>What it ran before; null = nothing of this track.</summary>
    public Workload? Before { get; init; }

    /// <summary>Begun and not yet through.</summary>
    [JsonIgnore]
    public bool IsOpen => Step is UpdateStep.Offering or UpdateStep.Told or UpdateStep.Observed;

    [JsonIgnore]
    public bool IsBegun => IsOpen || Step is UpdateStep.Done or UpdateStep.Failed;

    internal static readonly IReadOnlySet<(UpdateStep Step, string Code)> WatchedCodes = new HashSet<(UpdateStep, string)>
    {
        (UpdateStep.Failed, "silent"), (UpdateStep.Failed, "mismatch"), (UpdateStep.Failed, "timeout"), (UpdateStep.Lost, "outage"), (UpdateStep.Lost, Because.Battery), (UpdateStep.Lost, Because.Offline),
    };

    /// <summary>It was told and nobody knows how it ended: should it come back with the image, it counts after all.</summary>
    [JsonIgnore]
    public bool IsWatched => ToldAt is not null && Code is not null && WatchedCodes.Contains((Step, Code));

    /// <summary>Of the last attempt: neither from before it was told, nor of an earlier one and late.</summary>
    public bool IsAbout(ReportedState report) => !(report.At < ToldAt || report.Attempt < Attempt);

    /// <summary>Somebody has to look at it again.</summary>
    [JsonIgnore]
    public bool IsDueEver => IsOpen || IsWatched || Step == UpdateStep.Waiting;

    /// <summary>The device's network and battery are busy with it.</summary>
    [JsonIgnore]
    public bool IsSwitching => Step is UpdateStep.Offering or UpdateStep.Told;

    public RolloutDevice To(UpdateStep step, string? code = null, string? reason = null) =>
        this with { Step = step, Code = code, Reason = reason, Until = null, Looks = 0 };
}

/// <summary>Up to a hundred devices of one wave and one shard of the desired states, in the order in which they are to be told: one row.</summary>
/// <param name="Key"><c>{wave, 2 hex digits}-{shard, 2}-{number, 4}</c>: sorts by wave.</param>
/// <param name="Shard">Of <see cref="IDesiredStates"/>.</param>
/// <param name="IsOpen">Its wave has come: it stands in the due-index.</param>
public sealed record RolloutBlock(string Key, int Shard, IReadOnlyList<RolloutDevice> Devices, bool IsOpen = false)
{
    /// <summary>Told in one entity-group transaction.</summary>
    public const int MostDevices = 100;

    /// <summary>When the first of its devices is due; null = none is before its wave comes, or ever.</summary>
    [JsonIgnore]
    public DateTimeOffset? DueAt => IsOpen ? Devices.Where(d => d.IsDueEver).Min(d => (DateTimeOffset?)d.DueAt) : null;

    /// <summary>From 0; those who came later are behind all waves.</summary>
    [JsonIgnore]
    public int Wave => int.Parse(Key.AsSpan(0, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string KeyOf(int wave, int shard, int number) => $"{wave:x2}-{shard:x2}-{number:x4}";

    public RolloutBlock Select(Func<RolloutDevice, RolloutDevice> change) => this with { Devices = [.. Devices.Select(change)] };
}
