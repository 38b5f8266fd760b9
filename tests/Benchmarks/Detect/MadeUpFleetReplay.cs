using Core.Tests.Detection.Battery;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Signals;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>A forecast of a made-up life, with the lives of its model and of its device known, and without.</summary>
/// <param name="Stage">Share of the way to the crossing, or to the end of a life that had none.</param>
/// <param name="At">When it was made.</param>
/// <param name="IsLow">Of the low level, else of the critical one.</param>
internal sealed record MadeUpForecast(double Stage, DateTimeOffset At, bool IsLow, Forecast? Alone, Forecast? Taught);

/// <summary>One battery's life of a made-up device, or one winter of what the sun charges.</summary>
internal sealed record MadeUpLife(int Device, DateTimeOffset Begin, DateTimeOffset End, DateTimeOffset? Low, DateTimeOffset? Critical, DateTimeOffset? Drain, TimeSpan Interval, int Readings)
{
    public List<MadeUpForecast> Forecasts { get; } = [];

    /// <summary>Shares of the charge used before and after the change it began with, and how long nothing was heard then; null = it began with none.</summary>
    public (double UsedBefore, double UsedAfter, TimeSpan Silence)? Change { get; init; }

    /// <summary>
    /// One who knew when the drain began would have seen it before low: the mean of the half day before low lies 1.5 times as far below the day before the drain as the level
    /// ever fell over as long before.
    /// </summary>
    public bool IsDrainVisible { get; init; }

    /// <summary>When the detectors first followed another battery than before.</summary>
    public DateTimeOffset? NewAt { get; set; }

    /// <summary>Daily dates named for a level that was not reached within the life: of which, and whether they passed.</summary>
    public List<(bool IsLow, bool HasPassed)> Passed { get; } = [];

    /// <summary>Alerts raised within the life.</summary>
    public List<(AlertKind Kind, DateTimeOffset At)> Alerts { get; } = [];

    public DateTimeOffset? Crossing(bool isLow) => isLow ? Low : Critical;
}

/// <summary>Replays a made-up fleet in event time, each device taught by the lives of its model so far.</summary>
internal static class MadeUpFleetReplay
{
    private static readonly double[] Stages = [0.5, 0.75, 0.9];

    private const int Devices = 6;

    /// <summary>Lives of so many fleets of each kind whose name has the word.</summary>
    /// <param name="kinds">Of which.</param>
    /// <param name="fleets">Of each.</param>
    /// <param name="only">The word.</param>
    /// <param name="foretells">Forecasts are looked at too.</param>
    public static List<(string Kind, List<MadeUpLife> Lives)> ByKind(IEnumerable<MadeUpKind> kinds, int fleets, string only, bool foretells)
    {
        Console.WriteLine($"{fleets} fleets of {Devices} devices of each kind\n");
        return [.. kinds.Where(k => k.Name.Contains(only, StringComparison.Ordinal)).AsParallel().AsOrdered()
            .Select(k => (k.Name, Enumerable.Range(1, fleets).SelectMany(seed => Run(k, seed, foretells)).ToList()))];
    }

    /// <param name="kind">Which.</param>
    /// <param name="seed">Which fleet of it.</param>
    /// <param name="foretells">Forecasts are looked at too.</param>
    private static List<MadeUpLife> Run(MadeUpKind kind, int seed, bool foretells)
    {
        var (model, fleet) = kind.Fleet(seed, Devices);
        var lives = fleet.Select((device, i) => Lives(kind, model, device, i)).ToArray();
        var cursors = new int[fleet.Count];
        var states = new DetectionState[fleet.Count];
        var taught = model with { Learned = new() };
        var moments = lives.Select(l => foretells ? Moments(l) : new()).ToArray();
        var signals = new List<Signal>();
        foreach (var (reading, device) in fleet.SelectMany((f, i) => f.Readings.Select(r => (Reading: r, Device: i))).OrderBy(r => r.Reading.At))
        {
            var at = reading.At;
            ref var state = ref states[device];
            while (moments[device].TryPeek(out var moment) && moment.At <= at)
                Foretell(model, taught, in state, moments[device].Dequeue());
            var (ended, since) = (state.LivesEnded, state.Battery.Life.StartedAt);
            Detectors.Observe(taught, ref state, kind.Sent(in reading), at, signals);
            while (cursors[device] < lives[device].Count - 1 && lives[device][cursors[device] + 1].Begin <= at)
                cursors[device]++;
            var life = lives[device][cursors[device]];
            life.Alerts.AddRange(signals.Where(s => s.Change == AlertChange.Opened).Select(s => (s.Kind, at)));
            if (state.Battery.Life.StartedAt != since)
                life.NewAt ??= at;
            signals.Clear();
            if (state.LivesEnded != ended)
                taught.Learned.Add(in state);
        }
        return [.. lives.SelectMany(l => l)];
    }

    /// <summary>Where the swaps of a device, or the first of September of what the sun charges, part its record.</summary>
    private static List<MadeUpLife> Lives(MadeUpKind kind, DetectionPolicy policy, MadeUpDevice device, int index)
    {
        var (lives, readings) = (new List<MadeUpLife>(), device.Readings);
        var first = readings[0].At;
        var cuts = kind.IsSolar
            ? Enumerable.Range(first.Year, 12).Select(year => new DateTimeOffset(year, 9, 1, 0, 0, 0, TimeSpan.Zero)).ToList()
            : device.Happenings.Where(h => h.What == Happening.Swapped).Select(h => h.At).Append(DateTimeOffset.MaxValue).ToList();
        var (from, interval) = (0, TimeSpan.FromMinutes(kind.IntervalMinutes));
        foreach (var cut in cuts)
        {
            var until = from;
            while (until < readings.Count && readings[until].At < cut)
                until++;
            if (until > from)
            {
                var (begin, end) = (readings[from].At, readings[until - 1].At);
                var drain = device.Happenings.Where(h => h.What == Happening.Drains && h.At >= begin && h.At <= end).Select(h => (DateTimeOffset?)h.At).FirstOrDefault();
                var low = Crossing(policy.Battery.LowVoltage ?? policy.Battery.LowPercent);
                lives.Add(new(index, begin, end, low, Crossing(policy.Battery.CriticalVoltage ?? policy.Battery.CriticalPercent), drain, interval, until - from)
                {
                    Change = from == 0 || kind.IsSolar ? null : ChangeOf(device, readings[from - 1].At, begin),
                    IsDrainVisible = drain is { } at && IsVisible(readings.Skip(from).Take(until - from).ToList(), at, low ?? end),
                });
            }
            from = until;

            DateTimeOffset? Crossing(double? threshold)
            {
                var window = kind.IntervalMinutes > 60 ? 6 : 24;
                for (var i = from + window; i < until; i++)
                {
                    if (readings[i].Level <= threshold && readings.Skip(i - window + 1).Take(window).Select(r => r.Level).Order().ElementAt(window / 2) <= threshold)
                        return readings[i].At;
                }
                return null;
            }
        }
        return lives;
    }

    private static (double, double, TimeSpan)? ChangeOf(MadeUpDevice device, DateTimeOffset before, DateTimeOffset begin)
    {
        var change = device.Happenings.Last(h => h.What == Happening.Swapped && h.At <= begin);
        return (change.UsedBefore, change.UsedAfter, begin - before);
    }

    private static bool IsVisible(List<MadeUpReading> readings, DateTimeOffset drain, DateTimeOffset low)
    {
        var length = low - drain;
        var fall = FallOver(drain);
        var worst = 0.0;
        for (var from = readings[0].At.AddDays(1); from + length <= drain; from = from.AddHours(6))
            worst = FallOver(from) is var before && before > worst ? before : worst;
        return fall > 1.5 * worst;

        double FallOver(DateTimeOffset from) => Mean(from.AddDays(-1), from) - Mean(from + length - TimeSpan.FromHours(12), from + length);

        double Mean(DateTimeOffset from, DateTimeOffset until)
        {
            var volts = readings.Where(r => r.At >= from && r.At < until).Select(r => r.Level).ToList();
            return volts.Count == 0 ? double.NaN : volts.Average();
        }
    }

    private sealed record Moment(MadeUpLife Life, DateTimeOffset At, double Stage, bool IsLow);

    /// <summary>When a device's forecasts are looked at; stage 0 is the daily look at a level that is not reached.</summary>
    private static Queue<Moment> Moments(List<MadeUpLife> lives)
    {
        var moments = new List<Moment>();
        foreach (var life in lives.Where(l => l.Drain is null && l.Readings >= 48))
        {
            foreach (var isLow in (ReadOnlySpan<bool>)[true, false])
            {
                var crossing = life.Crossing(isLow);
                moments.AddRange(Stages.Select(s => new Moment(life, life.Begin + s * ((crossing ?? life.End) - life.Begin), s, isLow)));
                for (var at = life.Begin.AddDays(1); crossing is null && at < life.End; at = at.AddDays(1))
                    moments.Add(new(life, at, 0, isLow));
            }
        }
        return new(moments.OrderBy(m => m.At));
    }

    private static void Foretell(DetectionPolicy model, DetectionPolicy taught, in DetectionState state, Moment moment)
    {
        var with = BatteryForecast.Of(taught, in state);
        var forecast = moment.IsLow ? with.Low : with.Critical;
        if (moment.Stage == 0)
        {
            if (forecast?.ExpectedAt is { } expected)
                moment.Life.Passed.Add((moment.IsLow, expected < moment.Life.End));
            return;
        }
        var untaught = state;
        untaught.Lives = default;
        var without = BatteryForecast.Of(model, in untaught);
        moment.Life.Forecasts.Add(new(moment.Stage, moment.At, moment.IsLow, moment.IsLow ? without.Low : without.Critical, forecast));
    }
}
