using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Detection.Connectivity;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>What telemetry says of a device, as to one track: read off its stored state, so that nothing is written for a rollout while readings come in.</summary>
public sealed record Sighting
{
    /// <summary>A counter that starts over is believed with the second report that says so; some may be lost.</summary>
    private const int SwitchReports = 5;

    /// <summary>An end that is so far away has nothing to do with an update.</summary>
    private const double FarDays = 14;

    private RunningImage? _image;
    private RecentResets _resets;
    private RecentLevels _levels;

    /// <summary>Latest arrival; null = never heard.</summary>
    public DateTimeOffset? LastSeen { get; private init; }

    /// <summary>The image it named last, in its own words; null = of another track, or none.</summary>
    public string? Digest { get; private init; }

    /// <summary>First arrival that named the image that runs on the track; null = the device never named one. The epoch = longer than it is remembered.</summary>
    public DateTimeOffset? DigestSince => _image?.Since;

    /// <summary>Latest arrival that named it.</summary>
    public DateTimeOffset? NamedAt => _image?.NamedAt;

    /// <summary>Distinct times at which the device was heard since the one that named the image first.</summary>
    public long Heartbeats => _image?.Heartbeats ?? 0;

    /// <summary>Usual time between reports; zero = not known.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>Silence after which it is called offline.</summary>
    public TimeSpan SilentAfter { get; private init; }

    /// <summary>Called offline.</summary>
    public bool IsSilent { get; private init; }

    /// <summary>Silent together with its group.</summary>
    public bool InOutage { get; private init; }

    /// <summary>Its group may still say that others fell silent with it until then.</summary>
    public DateTimeOffset? GroupSpeaksBy { get; private init; }

    /// <summary>The group of which only those fell silent that were told; null = not so.</summary>
    public string? OnlyToldOf { get; private init; }

    /// <summary><c>power</c>, <c>link</c>, <c>gateway</c>, <c>device</c>, <c>update</c>; null = not known, or not silent.</summary>
    public string? SilenceCause { get; private init; }

    public string? Gateway { get; private init; }

    /// <summary>Charge, 0..100; null = not known.</summary>
    public double? BatteryPercent { get; private init; }

    public bool IsCharging { get; private init; }

    /// <summary>It reports a level.</summary>
    public bool HasBattery { get; private init; }

    /// <summary>Early end of the interval for the day its battery is empty; null = none is foretold for the next weeks.</summary>
    public DateTimeOffset? EmptyEarliest { get; private init; }

    /// <summary>It sends a counter, by which restarts are seen.</summary>
    public bool HasCounter { get; private init; }

    /// <summary>Restarts seen, ever.</summary>
    public long Resets => _resets.Count;

    internal RecentLevels Levels => _levels;

    /// <summary>The device's telemetry names the image it was told, by the digest of the index or of its platform's part.</summary>
    public bool Names(string digest, string platformDigest) =>
        _image is { } image && (image.Digest == RunningImages.Hash(digest) || image.Digest == RunningImages.Hash(platformDigest));

    /// <summary>Restarts, of the latest six, beside the one that a switch at that moment is: it is confirmed some reports later only.</summary>
    public int RestartsAfter(DateTimeOffset switched) => _resets.Since(switched + SwitchReports * Interval, DateTimeOffset.MaxValue);

    /// <summary>Its group's silence is no outage's: who was not told is heard.</summary>
    public Sighting Unexcused(string group) => this with { InOutage = false, OnlyToldOf = group };

    public static Sighting Of(DetectionPolicy policy, in DetectionState state, string track, DateTimeOffset now)
    {
        ref readonly var battery = ref state.Battery;
        var hasBattery = battery.LatestSample != 0 && !BatteryThresholds.IsStale(in battery, in state.Day, now.ToUnixTimeMilliseconds());
        double? percent = BatteryThresholds.Percent(policy, in battery, battery.Voltage.Median) is var known && !float.IsNaN(known) ? known
            : battery.Percent.Shown is var shown && !float.IsNaN(shown) ? shown : null;
        var image = state.Images.Find(track);
        var isSilent = state.Status == ConnectivityStatus.Offline;
        return new()
        {
            _image = image,
            _resets = state.Resets,
            _levels = state.Levels,
            LastSeen = state.LastSeen,
            Digest = state.Digest is { } digest && image?.Digest == RunningImages.Hash(digest) ? digest : null,
            Interval = SilenceDetector.Interval(policy, in state),
            SilentAfter = SilenceDetector.Timeout(policy, in state),
            IsSilent = isSilent,
            InOutage = isSilent && (state.Silence.Attached || state.Silence.Cause == Detection.Connectivity.SilenceCause.Gateway),
            GroupSpeaksBy = isSilent ? SilenceDetector.GroupSpeaksBy(policy, in state) : null,
            SilenceCause = isSilent && state.Silence.Cause != Detection.Connectivity.SilenceCause.Unknown ? state.Silence.Cause.Name() : null,
            Gateway = state.Gateway,
            BatteryPercent = hasBattery ? percent : null,
            IsCharging = hasBattery && battery.IsCharging != 0,
            HasBattery = hasBattery,
            EmptyEarliest = hasBattery ? Empty(policy, in state, percent) : null,
            HasCounter = state.Loss.Counter.Received > 0,
        };
    }

    /// <summary>A forecast takes a hundred times what all the rest does, so it is made only where the end may be near.</summary>
    private static DateTimeOffset? Empty(DetectionPolicy policy, in DetectionState state, double? percent) =>
        percent is { } left && state.Battery.Life.Unit == 1 && BatteryDrain.Rate(in state.Battery) is var drain && !(drain?.PerDay > left / FarDays) ? null
        : BatteryForecast.Of(policy, in state).Empty is { } empty ? empty.Earliest ?? empty.ExpectedAt : null;
}

/// <summary>What is remembered of a device from the moment it is told.</summary>
/// <param name="EmptyEarliest">When its battery might be empty whatever it is told; null = no end was foretold.</param>
public sealed record Baseline(DateTimeOffset At, double? BatteryPercent, DateTimeOffset? EmptyEarliest)
{
    /// <param name="seen">Null = nothing was ever heard of it.</param>
    public static Baseline Of(Sighting? seen, DateTimeOffset now) => new(now, seen?.BatteryPercent, seen?.EmptyEarliest);
}
