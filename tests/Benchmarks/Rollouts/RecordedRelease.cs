using IoTBackend.Backtest;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;

namespace IoTBackend.Benchmarks.Rollouts;

/// <summary>
/// Releases over recorded telemetry (<c>shared/data</c> beside the checkout; no part of the project): one set after the other, a beginning at random, half of the devices first. Nothing was
/// updated then, so that every image is good. A drain is put in by time: after the switch the battery goes through what was recorded so many times as fast.
/// Lives of one kind of device that were recorded one after the other begin together here.
/// </summary>
internal sealed class RecordedRelease
{
    private static readonly TimeSpan Past = TimeSpan.FromDays(7);
    private static readonly TimeSpan Future = TimeSpan.FromDays(12);

    /// <summary>Sets, what their devices' names begin with, how often they report, and whether their lives are put side by side.</summary>
    private static readonly (string Set, string Prefix, double Minutes, bool Aligned)[] Fleets =
        [("gcnet", "gc", 60, false), ("ulb_library", "lib1-", 1, false), ("ulb_library", "lib2-", 1, false), ("margay_aa", "", 5, true), ("encom_discharge", "ch", 1, true), ("campusiot", "", 10, false)];

    private readonly List<(Trace[] Devices, TimeSpan Interval)> _fleets = [];

    /// <summary>Null = the recordings are not there.</summary>
    public static RecordedRelease? Load()
    {
        if (Folder() is not { } folder)
            return null;
        var all = new RecordedRelease();
        foreach (var (set, prefix, minutes, isAligned) in Fleets)
        {
            var devices = Recording.Read(Path.Combine(folder, $"{set}.csv.gz")).Where(r => r.DeviceId.StartsWith(prefix, StringComparison.Ordinal)).GroupBy(r => r.DeviceId)
                .Select(g => new Trace(g.Key, set, [.. Thinned(g, isAligned ? TimeSpan.FromMinutes(minutes) : TimeSpan.Zero)])).ToArray();
            devices = [.. devices.Select(d => d with { Model = set == "campusiot" ? d.Id : set })];
            all._fleets.Add((isAligned ? [.. devices.Select(d => d.From(devices[0].Rows[0].At))] : devices, TimeSpan.FromMinutes(minutes)));
        }
        return all;
    }

    /// <returns>Null = too few devices reported at that time.</returns>
    public ReplayOutcome? Run(int seed, double drain)
    {
        var random = new Random(seed);
        var (devices, interval) = _fleets[seed % _fleets.Count];
        var (first, last) = (devices.Min(d => d.Rows[0].At), devices.Max(d => d.Rows[^1].At));
        var start = first + ((last - first) * (0.15 + (0.75 * random.NextDouble())));
        Trace[] heard = [.. devices.Where(d => d.IsHeard(start)).OrderBy(_ => random.Next())];
        if (heard.Length < 4)
            return null;
        // The end of a recording is no silence.
        var end = heard.Min(d => d.Rows[^1].At);
        ReplayedDevice[] fleet = [.. heard.Select(d => new Device(d, start - Past, interval, drain))];
        var rules = new TrackRollout { Waves = [50, 100], MinimumSample = Math.Max(2, fleet.Length / 2) };
        return new ReleaseReplay(fleet, rules, random).Run(start, start + Future < end ? start + Future : end, (device, now) => device.SwitchesAt = now + TimeSpan.FromMinutes(5 + (60 * random.NextDouble())))
            with
        { Fleet = $"{fleet.Length} devices like {fleet[0].Id}, {start:yyyy-MM-dd}" };
    }

    private static IEnumerable<(DateTimeOffset At, Reading Reading)> Thinned(IEnumerable<RecordedReading> rows, TimeSpan least)
    {
        var previous = DateTimeOffset.MinValue;
        foreach (var row in rows)
        {
            if (row.ArrivedAt - previous < least * 0.9)
                continue;
            previous = row.ArrivedAt;
            yield return (row.ArrivedAt, row.Reading);
        }
    }

    private static string? Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "shared", "data") is var data && File.Exists(Path.Combine(data, "gcnet.csv.gz")))
                return data;
        }
        return null;
    }

    private sealed record Trace(string Id, string Model, (DateTimeOffset At, Reading Reading)[] Rows)
    {
        public Trace From(DateTimeOffset start) => this with { Rows = [.. Rows.Select(r => (start + (r.At - Rows[0].At), r.Reading))] };

        public int IndexOf(DateTimeOffset at)
        {
            var (low, high) = (0, Rows.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = Rows[middle].At < at ? (middle + 1, high) : (low, middle);
            }
            return low;
        }

        public bool IsHeard(DateTimeOffset at) => IndexOf(at) is > 20 and var i && i < Rows.Length - 20 && at - Rows[i - 1].At < TimeSpan.FromDays(1);
    }

    private sealed class Device(Trace trace, DateTimeOffset from, TimeSpan interval, double drain)
        : ReplayedDevice(trace.Id, trace.Model, "linux/arm/v7", new DetectionPolicy { ReportingInterval = interval })
    {
        protected override IEnumerable<(DateTimeOffset At, Reading Reading)> Readings()
        {
            for (var i = trace.IndexOf(from); i < trace.Rows.Length; i++)
            {
                var (at, reading) = trace.Rows[i];
                if (at > SwitchesAt && drain != 1)
                {
                    var ahead = trace.IndexOf(SwitchesAt + ((at - SwitchesAt) * drain));
                    if (ahead >= trace.Rows.Length)
                        yield break;
                    reading = reading with { BatteryVoltage = trace.Rows[ahead].Reading.BatteryVoltage };
                }
                yield return (at, reading);
            }
        }
    }
}
