namespace IoTBackend.Core.Releases.Rollout;

/// <summary>One wave to come, or under way.</summary>
/// <param name="Wave">From 1.</param>
/// <param name="Devices">Told in it.</param>
/// <param name="Begins">When it is expected to begin.</param>
/// <param name="Ends">When enough of its devices are expected to be through.</param>
public sealed record WaveForecast(int Wave, int Devices, DateTimeOffset Begins, DateTimeOffset Ends);

/// <summary>
/// When waves come, if all goes well: each takes its devices at the pace, the switch, and the soak in time and in reports. An expectation for
/// operators; nothing is decided by it.
/// </summary>
public static class RolloutForecast
{
    /// <summary>Of devices of which nothing is known.</summary>
    private static readonly TimeSpan UsualSwitch = TimeSpan.FromMinutes(10);

    /// <summary>With one report a device hears of it at the latest, with another it names the image.</summary>
    private const int SwitchReports = 2;
    private static readonly TimeSpan LeastSwitch = TimeSpan.FromSeconds(10);

    /// <param name="rules">Of the track.</param>
    /// <param name="limits">How many may have begun by the end of each wave.</param>
    /// <param name="wave">The first that is asked for, from 0.</param>
    /// <param name="begun">Devices that have begun.</param>
    /// <param name="interval">Between two reports of a device, about.</param>
    /// <param name="takes">From being told to the switch, as past updates took; null = not known.</param>
    /// <param name="from">When that wave begins, or all its devices had been told.</param>
    /// <param name="now">What is late may be through any moment.</param>
    public static IReadOnlyList<WaveForecast> Of(
        TrackRollout rules, IReadOnlyList<int> limits, int wave, int begun, TimeSpan interval, TimeSpan? takes, DateTimeOffset from, DateTimeOffset now)
    {
        var waves = new List<WaveForecast>();
        for (; wave < limits.Count; wave++)
        {
            var begins = Turn.WindowOpens(rules, from) ?? from;
            var devices = Math.Max(0, limits[wave] - begun);
            var soak = rules.SoakHeartbeats * interval > rules.Soak ? rules.SoakHeartbeats * interval : rules.Soak;
            var ends = begins + TimeSpan.FromMinutes((double)devices / rules.PacePerMinute) + (takes ?? Switch(interval)) + soak;
            from = ends > now ? ends : now;
            waves.Add(new(wave + 1, devices, begins, from));
            begun = Math.Max(begun, limits[wave]);
        }

        return waves;
    }

    private static TimeSpan Switch(TimeSpan interval) =>
        interval == TimeSpan.Zero ? UsualSwitch : SwitchReports * interval > LeastSwitch ? SwitchReports * interval : LeastSwitch;
}
