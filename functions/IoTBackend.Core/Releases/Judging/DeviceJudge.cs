using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Judging;

public enum FindingKind
{
    Pending,

    /// <summary>Telemetry names the image; it has still to go on for the soak.</summary>
    Observed,

    /// <summary>It went on: a success.</summary>
    Soaked,
    Failed,

    /// <summary>What happened to it says nothing about the image: it leaves the denominator.</summary>
    Lost,
}

/// <param name="Code"><c>offline</c> of one that is told and cannot be reached; of a failure <c>reported</c>, <c>silent</c>, <c>mismatch</c>, <c>timeout</c>, <c>restarts</c> or <c>returned</c>; of a loss <c>outage</c>, <c>battery</c> or <c>offline</c>.</param>
/// <param name="Reason">For operators.</param>
/// <param name="LookAgainAt">In the device's own rhythm, a second to an hour ahead.</param>
/// <param name="Since">When telemetry first named the image.</param>
public sealed record DeviceFinding(FindingKind Kind, string? Code, string? Reason, DateTimeOffset LookAgainAt, DateTimeOffset? Since = null);

/// <param name="Digest">Of the index; telemetry may name it or the platform's.</param>
/// <param name="Report">The device's last word on this release; null = none.</param>
/// <param name="ObservedAt">When it was found to be <see cref="FindingKind.Observed"/>; null = not yet.</param>
/// <param name="SizeBytes">To download at most.</param>
public sealed record ToldDevice(
    string Digest, string PlatformDigest, DateTimeOffset ToldAt, Baseline Baseline, ReportedState? Report, DateTimeOffset? ObservedAt, long SizeBytes);

/// <summary>
/// One look at one device that was told. Success is what telemetry shows, for as long as the soak and for some reports of the device's own rhythm; what the device declares
/// only says how far it is. Every patience is counted in the device's own intervals.
/// </summary>
public static class DeviceJudge
{
    /// <summary>Reports that have to contradict a declared success, at least.</summary>
    private const int MismatchReports = 3;

    /// <summary>Restarts, after the one of the switch, that are a failure of their own.</summary>
    private const int Restarts = 3;

    /// <summary>A step of the update takes so many intervals at most, an hour at least, and the download's time on a link of 10 kB/s.</summary>
    private const int StepReports = 20;
    private const double SlowestBytesPerSecond = 10_000;
    private static readonly TimeSpan LeastStep = TimeSpan.FromHours(1);

    /// <summary>A device may ask once a day what it is to run.</summary>
    private const int BeginReports = 50;
    private static readonly TimeSpan LeastBegin = TimeSpan.FromDays(1);

    /// <param name="told">What the device was told, and its own word.</param>
    /// <param name="seen">Null = nothing was ever heard of it.</param>
    /// <param name="rules">Of the track.</param>
    /// <param name="now">Telemetry up to here has been processed.</param>
    public static DeviceFinding Look(ToldDevice told, Sighting? seen, TrackRollout rules, DateTimeOffset now)
    {
        var next = now + Within(seen?.Interval ?? TimeSpan.FromMinutes(1));
        if (seen is { LastSeen: { } heard } && seen.Names(told.Digest, told.PlatformDigest))
            return Running(told, seen, heard, rules, now, next);
        if (told.Report is { State: UpdateState.Failed } failed)
            return Fail("reported", failed.Reason is { Length: > 0 } reason ? $"The device says: {reason}" : "The device says it failed.");
        if (told.ObservedAt is { } observed && seen?.NamedAt > observed)
            return Fail("returned", "It ran the image and went back to another.");
        if (seen is { IsSilent: true } && told.Report?.State is UpdateState.Installing or UpdateState.Installed && seen.LastSeen >= told.ToldAt)
            return Silent(told, seen, now, next);
        if (told.Report is { State: UpdateState.Deferred, Until: { } until } deferral && until > now)
            return new(FindingKind.Pending, null, $"Deferred by the device: {deferral.Reason ?? "no reason given"}.", now + Within(until - now));
        if (seen is { IsSilent: true })
            return Away(told, seen, now, next);
        if (told.Report is { State: UpdateState.Installed } installed && seen is not null && seen.NamedAt >= installed.At + AtLeast(rules.MismatchAfter, MismatchReports * seen.Interval))
            return Fail("mismatch", "It says the image is installed, and its telemetry names another.");
        return Stuck(told, seen, now) is { } stuck ? Fail("timeout", stuck)
            : new(FindingKind.Pending, null, null, next);

        DeviceFinding Fail(string code, string reason) => new(FindingKind.Failed, code, reason, next);
    }

    private static DeviceFinding Running(ToldDevice told, Sighting seen, DateTimeOffset heard, TrackRollout rules, DateTimeOffset now, DateTimeOffset next)
    {
        // A device that ran the image before it was told has shown what there is to show.
        var since = seen.DigestSince is { } first && first > told.ToldAt ? first : told.ToldAt;
        if (seen.IsSilent)
            return Silent(told, seen, now, next);
        if (seen.HasCounter && seen.RestartsAfter(since) is >= Restarts and var restarts)
            return new(FindingKind.Failed, "restarts", $"It restarted {restarts} times since the switch.", next, since);
        var soaked = since + rules.Soak;
        if (heard >= soaked && seen.Heartbeats >= rules.SoakHeartbeats)
            return new(FindingKind.Soaked, null, null, next, since);
        var missing = Math.Max(1, rules.SoakHeartbeats - seen.Heartbeats);
        var due = heard + missing * seen.Interval > soaked ? heard + missing * seen.Interval : soaked;
        return new(FindingKind.Observed, null, null, now + Within(due - now), since);
    }

    /// <summary>Silent after the switch is failure, unless its group fell silent with it or its battery was to end by then anyway.</summary>
    private static DeviceFinding Silent(ToldDevice told, Sighting seen, DateTimeOffset now, DateTimeOffset next) => seen switch
    {
        { InOutage: true } => new(FindingKind.Lost, "outage", "Its group fell silent with it.", next),
        _ when told.Baseline.EmptyEarliest <= seen.LastSeen + seen.SilentAfter =>
            new(FindingKind.Lost, "battery", $"Its battery was expected to be empty from {told.Baseline.EmptyEarliest:yyyy-MM-dd} on before it was told.", next),
        { OnlyToldOf: { } group } => new(FindingKind.Failed, "silent", $"It fell silent after the switch with others of {group} that were told; those that were not are heard.", next),
        _ when now < seen.GroupSpeaksBy => new(FindingKind.Pending, null, "It fell silent after the switch; whether others did as well is seen soon.", next),
        _ => new(FindingKind.Failed, "silent", "It fell silent after the switch.", next),
    };

    /// <summary>Silent before the switch: counted apart while it may come back, and not at all after a day.</summary>
    private static DeviceFinding Away(ToldDevice told, Sighting seen, DateTimeOffset now, DateTimeOffset next)
    {
        const string Offline = "offline";
        var since = seen.LastSeen > told.ToldAt ? seen.LastSeen.Value : told.ToldAt;
        return seen.InOutage ? new(FindingKind.Lost, "outage", "Its group fell silent with it.", next)
            : now >= since + AtLeast(LeastBegin, BeginReports * seen.Interval) ? new(FindingKind.Lost, Offline, "It was told, fell silent and did not come back.", next)
            : new(FindingKind.Pending, Offline, "Silent; it has not begun.", next);
    }

    private static string? Stuck(ToldDevice told, Sighting? seen, DateTimeOffset now)
    {
        var interval = seen?.Interval ?? TimeSpan.Zero;
        if (told.Report is not { } report)
            return Heard(told.ToldAt + AtLeast(LeastBegin, BeginReports * interval)) ? "It reports and has not begun." : null;
        var patience = AtLeast(LeastStep, StepReports * interval) + TimeSpan.FromSeconds(Math.Min(told.SizeBytes / SlowestBytesPerSecond, 30 * 86400));
        var from = report.Received(report.At) is { Until: { } until } && until > report.At ? until : report.At;
        if (!Heard(from + patience))
            return null;
        return report.State == UpdateState.Installed
            ? "It says the image is installed, and its telemetry does not say which image runs."
            : $"It reports and has been {Words(report.State)} since {report.At:yyyy-MM-dd HH:mm}.";

        // What was not heard is unreachable, not stuck.
        bool Heard(DateTimeOffset by) => now >= by && seen is { IsSilent: false } && seen.LastSeen >= by;
    }

    private static string Words(UpdateState state) => state switch
    {
        UpdateState.Downloading => "downloading",
        UpdateState.Downloaded => "about to install",
        UpdateState.Installing => "installing",
        UpdateState.Deferred => "putting it off",
        UpdateState.Installed or UpdateState.Failed => "done",
        _ => throw new InvalidOperationException($"State {state} is not known."),
    };

    private static TimeSpan AtLeast(TimeSpan least, TimeSpan time) => time > least ? time : least;

    private static TimeSpan Within(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : time > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : time;
}
