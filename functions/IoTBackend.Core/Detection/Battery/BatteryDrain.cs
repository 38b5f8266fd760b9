using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>How fast a battery drains of late, against its own past: raised when it clearly drains several times faster.</summary>
internal static class BatteryDrain
{
    private const int FewestPoints = 16;

    /// <summary>Standard errors by which the late drain must exceed the factor.</summary>
    private const double Significance = 3;

    /// <summary>Least loss in the late part of the life: points of charge, or a share of the voltage.</summary>
    private const double LeastPercent = 3;
    private const double LeastVoltsShare = 0.06;

    /// <summary>Before, it lost at least so much of that.</summary>
    private const double PastShare = 0.25;

    /// <summary>Voltage falls faster towards the end without any more being drawn, so that it must fall faster still.</summary>
    private const double VoltsFactor = 2;

    /// <summary>A sudden fall against the latest two dozen readings that lasts: a share of the voltage, or points of charge.</summary>
    private const float FallShare = 0.06f;
    private const float FallPercent = 12;
    private const int LastingSamples = 8;
    private const int FewestSamples = 50;

    /// <summary>A drain is not taken back so soon: the latest quarter of a life does not show yet what days did.</summary>
    private const long LeastDuration = 5 * 86_400_000L;

    /// <summary>A level so far below that of the latest five days is no part of them.</summary>
    private const float DaysShare = 0.045f;
    private const float DaysPercent = 10;

    /// <summary>The late part of a life that is compared with the earlier one spans half a day at least: a cold front is no drain.</summary>
    private const double LeastLateDays = 0.5;

    /// <summary>What the battery lost in the same time on average over its life, so many times, is not sudden.</summary>
    private const float UsualFactor = 3;

    /// <summary>Sees a battery that loses in a few readings what it should lose in months. After a long pause nothing is sudden.</summary>
    public static void ObserveFall(DetectionPolicy policy, ref BatteryState battery, ref BatteryDay day, in RecentLevels recent, double? celsius, long now, List<Signal> signals)
    {
        ref var life = ref battery.Life;
        var isPercent = life.Unit == 1;
        var level = isPercent ? battery.Percent.Level : float.IsNaN(battery.Voltage.Level) ? float.NaN : day.Calm;
        if (float.IsNaN(level))
            return;
        day.Slow.Observe(battery.LatestSample, level, isPercent ? DaysPercent : DaysShare * life.First, 2 * policy.AbnormalDrainFactor);
        var unit = isPercent ? "%" : "V";
        if (DrainOfDays.Judge(policy, ref battery, ref day, in recent, celsius) is { } drain)
        {
            Raise(
                ref battery, now, signals, $"Fell from {drain.Before:0.##} {unit} to {drain.Now:0.##} {unit}, since {drain.Since:yyyy-MM-dd HH:mm} faster than ever before.",
                new() { ["before"] = Math.Round(drain.Before, 3), ["now"] = Math.Round(drain.Now, 3), ["since"] = drain.Since.ToString("O") });
        }
        var usual = BatteryLives.ReferenceSamples * Math.Max(0, life.First - life.Reference) / Math.Max(1, life.Samples);
        var fallen = life.Samples >= FewestSamples && !(battery.Newest > (life.Reference + level) / 2) && level <= life.Reference - UsualFactor * usual - (isPercent ? FallPercent : FallShare * life.Reference);
        if (!fallen && life.Fallen < 0 && Math.Abs(level - life.Reference) <= 0.02f * life.Reference)
            life.Fallen = 0;
        life.Fallen = fallen ? life.Fallen + 1 : Math.Min(life.Fallen, 0);
        if (life.Fallen <= 1)
            life.FallenSince = battery.LatestSample;
        if (life.Fallen < LastingSamples || battery.LatestSample - life.FallenSince < BatteryDay.Patience(in life, battery.LatestSample) || battery.DrainRaisedAt != 0 || battery.LowRaisedAt != 0 || battery.IsCharging != 0 || day.IsCharged(in battery))
            return;
        Raise(
            ref battery, now, signals, $"Fell from {life.Reference:0.##} {unit} to {level:0.##} {unit} within a few readings.",
            new() { ["before"] = Math.Round(life.Reference, 3), ["now"] = Math.Round(level, 3) });
    }

    public static void Observe(DetectionPolicy policy, ref BatteryState battery, in BatteryDay day, long now, List<Signal> signals)
    {
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = battery.Life.Course(days, levels);
        var late = n / 4;
        var holds = battery.Life.StartedAt <= battery.DrainRaisedAt && (day.Slow.Since != 0 || now - battery.DrainRaisedAt < LeastDuration);
        if (n < FewestPoints)
        {
            if (!holds)
                Clear(ref battery, now, signals);
            return;
        }
        var past = DischargeTrend.Fit(days[..(n - late)], levels[..(n - late)], 1);
        var recent = DischargeTrend.Fit(days[(n - late)..n], levels[(n - late)..n], 1);
        var isPercent = battery.Life.Unit == 1;
        var lateDays = (battery.LatestSample - battery.Life.StartedAt) / 86_400_000.0 - days[n - late];
        var usual = ReportingPace.Oftener(in battery, battery.LatestSample, lateDays) * (Math.Max(past.Slope, 0) + past.SlopeError);
        var factor = policy.AbnormalDrainFactor * (isPercent ? 1 : VoltsFactor);
        var least = isPercent ? LeastPercent : LeastVoltsShare * battery.Life.First;
        // What did not drain before was charged, or lies on a plateau: that it drains now is no news.
        var drained = past.Slope > 2 * past.SlopeError && past.Slope * days[n - late] >= PastShare * least && days[n - 1] - days[n - late] >= LeastLateDays;
        var isAbnormal = drained && recent.Slope - Significance * recent.SlopeError >= factor * usual && levels[n - late] - levels[n - 1] >= least && battery.LowRaisedAt == 0;
        if (battery.DrainRaisedAt != 0)
        {
            if (battery.DrainsMoreThanPeers == 0 && !holds && recent.Slope <= 0.5 * factor * usual)
                Clear(ref battery, now, signals);
            return;
        }
        if (!isAbnormal || battery.IsCharging != 0 || day.IsCharged(in battery))
            return;
        var unit = isPercent ? "%" : "V";
        Raise(
            ref battery, now, signals, $"Drains {recent.Slope:0.###} {unit} a day of late; {past.Slope:0.###} {unit} a day were usual.",
            new() { ["perDay"] = Math.Round(recent.Slope, 4), ["usualPerDay"] = Math.Round(past.Slope, 4) });
    }

    /// <summary>The peers say something about this battery that is not said yet, or no longer true.</summary>
    public static bool DiffersFromPeers(DetectionPolicy policy, in BatteryState battery, PeerDrain peers)
    {
        if (Rate(in battery) is not { } drain)
            return false;
        var factor = policy.AbnormalDrainFactor * Math.Max(1, peers.Seconds / battery.SampleSeconds);
        return battery.DrainRaisedAt != 0
            ? battery.DrainsMoreThanPeers != 0 && !peers.IsExceededBy(drain.PerDay, drain.Uncertainty, 0.5 * factor)
            : peers.IsExceededBy(drain.PerDay, drain.Uncertainty, factor) && battery.LowRaisedAt == 0 && battery.Life.Samples >= FewestSamples;
    }

    public static void CompareWithPeers(DetectionPolicy policy, ref BatteryState battery, PeerDrain peers, long now, List<Signal> signals)
    {
        if (!DiffersFromPeers(policy, in battery, peers) || Rate(in battery) is not { } drain)
            return;
        if (battery.DrainRaisedAt != 0)
        {
            Clear(ref battery, now, signals);
            return;
        }
        battery.DrainsMoreThanPeers = 1;
        var unit = battery.Life.Unit == 1 ? "%" : "V";
        Raise(
            ref battery, now, signals, $"Drains {drain.PerDay:0.###} {unit} a day; {peers.Median:0.###} {unit} a day are usual for its model on this image.",
            new() { ["perDay"] = Math.Round(drain.PerDay, 4), ["peersPerDay"] = Math.Round(peers.Median, 4), ["peers"] = peers.Count });
    }

    /// <summary>Drain over the later half of the life, per day, and its standard error; null = too little is known.</summary>
    public static (double PerDay, double Uncertainty)? Rate(in BatteryState battery)
    {
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = battery.Life.Course(days, levels);
        if (n < 6 || battery.IsCharging != 0)
            return null;
        var trend = DischargeTrend.Fit(days[(n / 2)..n], levels[(n / 2)..n], 1);
        return (trend.Slope, trend.SlopeError);
    }

    private static void Raise(ref BatteryState battery, long now, List<Signal> signals, string summary, Dictionary<string, object> evidence)
    {
        battery.DrainRaisedAt = Math.Max(1, now);
        evidence["unit"] = battery.Life.Unit == 1 ? "percent" : "volt";
        if (ReportingPace.Rise(in battery) is var (since, seconds, secondsBefore))
        {
            summary += $" It reports every {Say.Duration(seconds)} since {since:yyyy-MM-dd}, every {Say.Duration(secondsBefore)} before.";
            evidence["reportsOftenerSince"] = since.ToString("O");
            (evidence["reportsEverySeconds"], evidence["reportedEverySeconds"]) = (Math.Round(seconds), Math.Round(secondsBefore));
        }
        signals.Add(Say.Signal(AlertKind.BatteryDrain, AlertChange.Opened, Severity.Warning, battery.DrainRaisedAt, now, summary, null, evidence));
    }

    private static void Clear(ref BatteryState battery, long now, List<Signal> signals)
    {
        if (battery.DrainRaisedAt == 0)
            return;
        signals.Add(Say.Signal(AlertKind.BatteryDrain, AlertChange.Cleared, Severity.Warning, battery.DrainRaisedAt, now, battery.DrainsMoreThanPeers != 0 ? "Drains as its peers do." : "Drains as it used to.", null, []));
        (battery.DrainRaisedAt, battery.DrainsMoreThanPeers) = (0, 0);
    }
}
