using System.Text.Json.Serialization;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases;

/// <summary>In which order a release goes out, and what stops it. Whatever is left out has its default as soon as anything is said.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TrackRollout
{
    private const int MostWaves = 20;
    private const int MostDevices = 10_000_000;

    private static readonly TrackRollout Nothing = new();
    private static readonly IReadOnlyList<int> DefaultWaves = [5, 25, 100];

    /// <summary>Devices that may have begun by the end of each wave, in percent of the fleet, rising to 100; left out = 5, 25, 100.</summary>
    public IReadOnlyList<int>? Waves { get; init; }

    /// <summary>Waves before these, in devices, rising: for example 1, 10.</summary>
    public IReadOnlyList<int>? WaveDevices { get; init; }

    /// <summary>Devices that a wave in percent has at least, and that have to be through before the next begins; default 10, as far as there are so many.</summary>
    public int MinimumSample { get; init; } = 10;

    /// <summary>How long a device has to go on well after its telemetry named the image; PT1S to P30D, default PT30M.</summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Reports it has to send in that time, of its own rhythm; 1 to 1000, default 3.</summary>
    public int SoakHeartbeats { get; init; } = 3;

    /// <summary>How long a device may say it is done while its telemetry names another image, three of its intervals at least; PT1S to P1D, default PT2M.</summary>
    public TimeSpan MismatchAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Percent of a wave's reachable devices that have to be through before the next begins; 1 to 100, default 90.</summary>
    public int QuorumPercent { get; init; } = 90;

    /// <summary>Failures that stop it, in percent of the devices begun; 0 to 100, default 5.</summary>
    public double MaxFailurePercent { get; init; } = 5;

    public DrainRules Drain { get; init; } = new();

    /// <summary>Devices told a minute at most; default 1000.</summary>
    public int PacePerMinute { get; init; } = 1000;

    /// <summary>Devices behind one gateway that update at the same time, at most: a site's uplink is shared; null = any number.</summary>
    public int? PerGateway { get; init; }

    /// <summary>Charge that has to be left after the update's cost, percent; default 30. Devices without a battery are not asked.</summary>
    public int MinBatteryPercent { get; init; } = 30;

    /// <summary>Hours in which devices are told; null = always.</summary>
    public Hours? Window { get; init; }

    /// <summary>False = a release waits for an operator to start it; default true.</summary>
    public bool AutoStart { get; init; } = true;

    /// <summary>It goes out in waves, and is watched.</summary>
    [JsonIgnore]
    public bool IsStaged => this != Nothing;

    /// <summary>How many devices may have begun by the end of each wave, of so many; rising, the last is all.</summary>
    public IReadOnlyList<int> Limits(int devices)
    {
        // Rounding must not make two of one device in a hundred.
        var shares = (Waves ?? DefaultWaves).Select(percent => Math.Max(MinimumSample, (int)(((long)devices * percent + 99) / 100)));
        // A wave that adds nothing is none.
        return [.. (WaveDevices ?? []).Concat(shares).Append(devices).Select(limit => Math.Min(devices, limit)).Order().Distinct().Where(limit => limit > 0)];
    }

    internal IEnumerable<string> Faults()
    {
        if (Waves is { } waves && (waves.Count is 0 or > MostWaves || waves[^1] != 100 || !IsRising(waves)))
            yield return $"rollout.waves: 1 to {MostWaves} percentages, rising to 100.";
        if (WaveDevices is { } counts && (counts.Count > MostWaves || !IsRising(counts) || counts.Any(c => c > MostDevices)))
            yield return $"rollout.waveDevices: up to {MostWaves} numbers of devices, rising.";
        foreach (var fault in new[]
        {
            Within("minimumSample", MinimumSample, 1, 10_000), Within("soakHeartbeats", SoakHeartbeats, 1, 1000), Within("quorumPercent", QuorumPercent, 1, 100),
            Within("maxFailurePercent", MaxFailurePercent, 0, 100), Within("pacePerMinute", PacePerMinute, 1, 1_000_000), Within("perGateway", PerGateway ?? 1, 1, 10_000),
            Within("minBatteryPercent", MinBatteryPercent, 0, 100), Within("drain.worsePercent", Drain.WorsePercent, 1, 1000), Window?.Check("rollout.window"),
            Soak < TimeSpan.FromSeconds(1) || Soak > TimeSpan.FromDays(30) ? "rollout.soak: PT1S to P30D." : null,
            MismatchAfter < TimeSpan.FromSeconds(1) || MismatchAfter > TimeSpan.FromDays(1) ? "rollout.mismatchAfter: PT1S to P1D." : null,
        })
        {
            if (fault is not null)
                yield return fault;
        }
    }

    private static bool IsRising(IReadOnlyList<int> numbers) => numbers.All(n => n > 0) && numbers.Zip(numbers.Skip(1)).All(p => p.First < p.Second);

    private static string? Within(string name, double value, double least, double most) => value >= least && value <= most ? null : $"rollout.{name}: {least} to {most}.";
}

/// <summary>When a release is worse for batteries.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DrainRules
{
    /// <summary>Drain that is this much faster stops it, percent; default 25.</summary>
    public int WorsePercent { get; init; } = 25;

    /// <summary>What is done when the figures do not tell yet; default wait.</summary>
    public WhenUnclear CannotTell { get; init; }
}

public enum WhenUnclear
{
    /// <summary>Soak once more, and ask again.</summary>
    Wait,

    /// <summary>Let an operator decide.</summary>
    Pause,

    /// <summary>Go on.</summary>
    Continue,
}
