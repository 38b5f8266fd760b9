using IoTBackend.Core.Detection;
using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Judging;

public readonly record struct DrainTotals(double Percent, double Hours, int Samples);

public readonly record struct Sighting
{
    public DateTimeOffset? LastSeen { get; init; }
    public string? Digest { get; init; }
    public TimeSpan Interval { get; init; }
    public bool IsSilent { get; init; }
    public bool InOutage { get; init; }
    public string? Gateway { get; init; }
    public double? BatteryPercent { get; init; }
    public bool IsCharging { get; init; }
    public bool HasBattery { get; init; }
    public DateTimeOffset? EmptyEarliest { get; init; }
    public long Resets { get; init; }
    public DrainTotals Drain { get; init; }
    public static Sighting Of(DetectionPolicy policy, in DetectionState state, string track, DateTimeOffset now)
    {
        var health = state.Health(policy, now);
        return new()
        {
            LastSeen = state.LastSeen, Digest = health.Digest, Interval = health.Interval ?? TimeSpan.FromMinutes(1), IsSilent = health.Status is ConnectivityStatus.Overdue or ConnectivityStatus.Offline,
            Gateway = health.Gateway, BatteryPercent = health.Battery.Percent, HasBattery = health.Battery.Condition != BatteryCondition.Unknown, IsCharging = health.Battery.Condition == BatteryCondition.Charging,
        };
    }
}

public sealed record Baseline(DateTimeOffset At, long Resets, DrainTotals Drain, double? BatteryPercent, DateTimeOffset? EmptyEarliest)
{
    public static Baseline Of(in Sighting seen, DateTimeOffset now) => new(now, seen.Resets, seen.Drain, seen.BatteryPercent, seen.EmptyEarliest);
}

public enum FindingKind { Pending, Observed, Soaked, Failed, Lost }

public sealed record DeviceFinding(FindingKind Kind, string? Code, string? Reason, DateTimeOffset LookAgainAt);

public readonly record struct ToldDevice(string Digest, string PlatformDigest, DateTimeOffset ToldAt, Baseline Baseline, ReportedState? Report, DateTimeOffset? ObservedAt, long SizeBytes);

public static class DeviceJudge
{
    public static DeviceFinding Look(in ToldDevice told, in Sighting? seen, TrackRollout rules, DateTimeOffset now)
    {
        var interval = seen?.Interval ?? TimeSpan.FromMinutes(1);
        if (told.Report is { State: UpdateState.Failed } f) return new(FindingKind.Failed, "reported", f.Reason, now);
        if (told.ObservedAt is { } at)
            return now - at >= rules.Soak ? new(FindingKind.Soaked, null, null, now) : new(FindingKind.Pending, null, null, at + rules.Soak);
        if (seen?.Digest == told.Digest) return new(FindingKind.Observed, null, null, now + rules.Soak);
        return now - told.ToldAt > TimeSpan.FromHours(2) ? new(FindingKind.Failed, "silent", "stub", now) : new(FindingKind.Pending, null, null, now + interval);
    }
}

public enum Answer { NotWorse, CannotTell, Worse }
public sealed record CriterionFinding(string Criterion, Answer Answer, string Reason, double? Effect, double? Low, double? High, double? SmallestEffect);
public sealed record StopFinding(Answer Answer, string Reason, IReadOnlyList<CriterionFinding> Criteria);
public readonly record struct UpdatedDevice(string Model, Baseline Before, Sighting Now, DateTimeOffset At);
public sealed record RolloutEvidence
{
    public int Begun { get; init; }
    public int Settled { get; init; }
    public IReadOnlyDictionary<string, int> Failed { get; init; } = new Dictionary<string, int>();
    public IReadOnlyList<UpdatedDevice> Updated { get; init; } = [];
    public IReadOnlyList<UpdatedDevice> Others { get; init; } = [];
    public bool AtWaveEnd { get; init; }
    public int Look { get; init; }
    public int Looks { get; init; }
}
public static class StopJudge
{
    public static StopFinding Judge(RolloutEvidence evidence, TrackRollout rules) =>
        evidence.Failed.Values.Sum() is var failed && failed >= 2 && failed * 100.0 / Math.Max(1, evidence.Begun) > rules.MaxFailurePercent
            ? new(Answer.Worse, $"{failed} of {evidence.Begun} devices failed.", []) : new(Answer.NotWorse, "Nothing is worse.", []);
}
public sealed record UpdateCost(int Updates = 0, double PercentPerGigabyte = 5)
{
    public static readonly UpdateCost Unknown = new();
    public UpdateCost Learn(long bytes, double percentLost, TimeSpan took) => this with { Updates = Updates + 1 };
    public double Percent(long bytes) => 1 + bytes / 1e9 * PercentPerGigabyte;
}
