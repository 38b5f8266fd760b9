using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Desired;

public enum UpdateState
{
    Downloading,
    Downloaded,
    Installing,
    Installed,
    Failed,
    Deferred,
}

/// <summary>What a device says of an update. Its word only: whether the image runs is seen from telemetry.</summary>
public sealed record ReportedState
{
    private const int MaxReason = 256;

    /// <summary>In one report. A device that means to wait longer says so again.</summary>
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromDays(30);

    public required string Release { get; init; }

    public required UpdateState State { get; init; }

    /// <summary>Up to 256 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>For <see cref="UpdateState.Deferred"/>: when it means to go on; later than 30 days ahead counts as these.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of the workload it is about, 1 for one that was told without; missing = the device does not say, and what it says counts from when it is told.</summary>
    public int? Attempt { get; init; }

    /// <summary>When it was received, whatever the device says.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The report as it is kept: its time is ours, and nothing is put off for ever.</summary>
    public ReportedState Received(DateTimeOffset at) => this with { At = at, Until = Until - at > LongestDeferral ? at + LongestDeferral : Until };

    /// <summary>The track the report is about, or what is wrong with it.</summary>
    public Result<string> Check() => Releases.Release.TrackOf(Release) is not { } track ? Result<string>.Rejected("release: not the id of a release.")
        : Reason?.Length > MaxReason ? Result<string>.Rejected($"reason: at most {MaxReason} characters.")
        : Attempt < 1 ? Result<string>.Rejected("attempt: 1 or more.")
        : track;
}
