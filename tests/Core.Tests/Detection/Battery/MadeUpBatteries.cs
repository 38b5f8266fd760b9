using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;

namespace Core.Tests.Detection.Battery;

/// <summary>What happened to a battery that never was: what a detector is to say of it.</summary>
internal enum Happening
{
    /// <summary>A fresh battery, or a less worn one, was put in.</summary>
    Swapped,

    /// <summary>It began to lose its charge in days.</summary>
    Drains,

    /// <summary>It was told to report more or less often.</summary>
    ReportsAtAnotherRate,
}

/// <summary>What such a device reported.</summary>
/// <param name="At">When.</param>
/// <param name="Level">Volts, or percent where it has a gauge.</param>
/// <param name="Celsius">Null = it has no thermometer.</param>
internal readonly record struct MadeUpReading(DateTimeOffset At, double Level, double? Celsius);

/// <param name="At">When.</param>
/// <param name="What">What.</param>
/// <param name="UsedBefore">Share of the charge used, of the battery that was in.</param>
/// <param name="UsedAfter">Of the one that is in now.</param>
internal readonly record struct MadeUpHappening(DateTimeOffset At, Happening What, double UsedBefore, double UsedAfter);

/// <summary>A device of a made-up fleet: its readings, and when what happened to its battery.</summary>
internal sealed record MadeUpDevice(IReadOnlyList<MadeUpReading> Readings, IReadOnlyList<MadeUpHappening> Happenings);

/// <summary>
/// Fleets of batteries that never were, one model each, under one weather: cells that slope, that stay flat until a knee and that the sun charges, in the cold
/// and in the heat, with duties that change, noise, coarse converters, radios that make the voltage sag, losses, silences and swaps.
/// </summary>
/// <param name="Name">The kind.</param>
/// <param name="Curve">Volts of a cell at tenths of its charge used.</param>
/// <param name="Cells">In series.</param>
/// <param name="LeastDays">Shortest time a charge lasts.</param>
/// <param name="MostDays">Longest.</param>
/// <param name="IntervalMinutes">Between readings.</param>
/// <param name="MillivoltsPerDegree">Of a cell: what warmth adds.</param>
/// <param name="Lives">Lives a device has, years where the sun charges it.</param>
/// <param name="IsSolar">The sun charges it.</param>
internal sealed record MadeUpKind(string Name, double[] Curve, int Cells, double LeastDays, double MostDays, double IntervalMinutes, double MillivoltsPerDegree, double Lives, bool IsSolar = false)
{
    /// <summary>It reports a charge in whole percent instead of volts.</summary>
    public bool HasGauge { get; init; }

    /// <summary>An operator makes it report up to eight times as often or a quarter as often, and back; null = never. The share of its energy that goes into sending.</summary>
    public double? SentShare { get; init; }

    /// <summary>It reports its temperature, and its place has fronts that come over days and stand for weeks.</summary>
    public bool HasThermometer { get; init; }

    private static readonly double[] Alkaline = [1.58, 1.45, 1.38, 1.33, 1.29, 1.25, 1.22, 1.18, 1.13, 1.05, 0.80];
    private static readonly double[] Thionyl = [3.64, 3.66, 3.66, 3.65, 3.65, 3.64, 3.63, 3.62, 3.60, 3.52, 2.60];
    private static readonly double[] Lithium = [4.18, 4.06, 3.98, 3.92, 3.85, 3.80, 3.75, 3.70, 3.64, 3.52, 3.00];
    private static readonly double[] Metal = [1.40, 1.31, 1.28, 1.26, 1.25, 1.24, 1.23, 1.22, 1.20, 1.15, 0.90];
    private static readonly double[] Lead = [12.75, 12.65, 12.55, 12.44, 12.32, 12.20, 12.08, 11.95, 11.80, 11.50, 10.80];

    public static readonly MadeUpKind[] All =
    [
        new("alkaline, weeks", Alkaline, 3, 15, 45, 60, 1.0, 4),
        new("alkaline, months", Alkaline, 2, 60, 200, 60, 1.5, 3),
        new("thionyl, months", Thionyl, 1, 60, 240, 60, 1.5, 3),
        new("lithium, weeks", Lithium, 1, 10, 60, 60, 1.0, 4),
        new("lithium, days", Lithium, 1, 2, 6, 1, 0.5, 3),
        new("nickel, weeks", Metal, 4, 20, 90, 60, 1.0, 4),
        new("motes", Alkaline, 2, 5, 30, 5, 2.0, 2),
        new("lead, no sun", Lead, 1, 30, 120, 60, 5, 3),
        new("alkaline, six-hourly", Alkaline, 2, 25, 120, 360, 1.5, 5),
        new("lithium, six-hourly", Lithium, 1, 30, 150, 360, 1.0, 5),
        new("thionyl, six-hourly", Thionyl, 1, 60, 240, 360, 1.5, 4),
        new("nickel, six-hourly", Metal, 4, 25, 100, 360, 1.0, 5),
        new("lead, polar night", Lead, 1, 60, 120, 60, 4, 5, IsSolar: true),
        new("lead, dark winters", Lead, 1, 25, 60, 60, 6, 4, IsSolar: true),
        new("lithium, small panel", Lithium, 1, 15, 40, 60, 1.0, 3, IsSolar: true),
    ];

    /// <summary>What falls faster or less for a reason: its rate of reporting, or the cold that it reports. And cells whose knee comes within weeks.</summary>
    public static readonly MadeUpKind[] Changing =
    [
        new("gauge, months", Lithium, 1, 60, 200, 60, 0, 4) { HasGauge = true },
        new("rates, gauge", Lithium, 1, 60, 200, 60, 0, 4) { HasGauge = true, SentShare = 0.9 },
        new("rates, alkaline", Alkaline, 2, 60, 200, 60, 1.5, 4) { SentShare = 0.9 },
        new("rates, lithium", Lithium, 1, 60, 200, 60, 1.0, 4) { SentShare = 0.9 },
        new("rates, thionyl", Thionyl, 1, 60, 240, 60, 1.5, 4) { SentShare = 0.9 },
        new("thionyl, weeks", Thionyl, 1, 15, 45, 60, 1.5, 8),
        new("rates, mostly asleep", Lithium, 1, 60, 200, 60, 1.0, 4) { SentShare = 0.3 },
        new("fronts, alkaline", Alkaline, 2, 60, 200, 60, 3, 4) { HasThermometer = true },
        new("fronts, lithium", Lithium, 1, 60, 200, 60, 4, 4) { HasThermometer = true },
        new("fronts, thionyl", Thionyl, 1, 60, 240, 60, 6, 4) { HasThermometer = true },
        new("fronts, nickel six-hourly", Metal, 4, 60, 200, 360, 2, 4) { HasThermometer = true },
    ];

    private double VoltsAt(double used, double bend)
    {
        var place = Math.Clamp(Math.Pow(Math.Clamp(used, 0, 1), bend), 0, 1) * 10;
        var i = Math.Min((int)place, 9);
        return Cells * (Curve[i] + (place - i) * (Curve[i + 1] - Curve[i]));
    }

    /// <summary>What its device sent.</summary>
    public Reading Sent(in MadeUpReading reading) => new()
    {
        BatteryVoltage = HasGauge ? null : reading.Level,
        BatteryPercent = HasGauge ? reading.Level : null,
        TemperatureCelsius = reading.Celsius,
    };

    /// <summary>A fleet of one model; the same seed gives the same one.</summary>
    public (DetectionPolicy Policy, IReadOnlyList<MadeUpDevice> Devices) Fleet(int seed, int devices)
    {
        var random = new Random(seed * 1000 + Name.Length * 31 + Name[0]);
        var (bend, typical) = (0.85 + 0.4 * random.NextDouble(), LeastDays + random.NextDouble() * (MostDays - LeastDays) / 1.3);
        double Rounded(double used) => Math.Round(VoltsAt(used, bend) * 20) / 20;
        var (low, critical) = IsSolar ? (Rounded(0.45 + 0.1 * random.NextDouble()), Rounded(0.68 + 0.1 * random.NextDouble())) : (Rounded(0.75 + 0.13 * random.NextDouble()), Rounded(0.93 + 0.04 * random.NextDouble()));
        if (critical >= low)
            critical = low - 0.05;
        var days = IsSolar ? Lives * 365 : Lives * typical * 1.1;
        var weather = new Weather(random, days + 10, IsSolar || days > 100, HasThermometer);
        var fleet = new MadeUpDevice[devices];
        for (var i = 0; i < devices; i++)
            fleet[i] = Device(new Random(random.Next()), weather, bend, typical, days);
        return (new()
        {
            Battery = HasGauge ? new(LowPercent: 20, CriticalPercent: 10) : new(LowVoltage: low, CriticalVoltage: critical),
            ReportingInterval = SentShare is null ? TimeSpan.FromMinutes(IntervalMinutes) : null,
        }, fleet);
    }

    private MadeUpDevice Device(Random random, Weather weather, double bend, double typical, double days)
    {
        var (readings, happenings) = (new List<MadeUpReading>(), new List<MadeUpHappening>());
        var start = new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var step = IntervalMinutes / 1440;
        var (noise, grain) = (Cells * Curve[0] * 0.0006 * Math.Exp(1.5 * random.NextDouble()), new[] { 0.001, 0.005, 0.01, 0.02 }[random.Next(4)] * Math.Max(1, Math.Round(Curve[0] * Cells / 4)));
        var (loss, sag, sky) = (random.NextDouble() < 0.5 ? 0.01 : 0.08, random.NextDouble() < 0.3 ? 0.03 * Curve[0] * Cells : 0, 0.85 + 0.3 * random.NextDouble());
        double used = IsSolar ? 0.1 : 0.02 * random.NextDouble(), own = typical * (0.75 + 0.6 * random.NextDouble()), duty = 1, silentUntil = 0, retire = 0.99, drainAt = Drain(), drain = 1, flow = 0, oftener = 1;
        for (var day = random.NextDouble() * (IsSolar ? 20 : 0.5 * typical); day < days; day += step)
        {
            if (SentShare is not null && random.NextDouble() < step / (0.5 * own))
            {
                oftener = new[] { 0.25, 0.5, 1, 2, 4, 8 }[random.Next(6)];
                step = IntervalMinutes / 1440 / oftener;
                happenings.Add(new(start.AddDays(day), Happening.ReportsAtAnotherRate, used, used));
            }
            if (random.NextDouble() < step / (0.6 * own))
                duty = Math.Exp(0.6 * (random.NextDouble() - 0.5));
            if (used >= drainAt && drain == 1 && !IsSolar)
            {
                drain = (1 - used) * own / (4 + 4 * random.NextDouble());
                happenings.Add(new(start.AddDays(day), Happening.Drains, used, used));
            }
            var celsius = weather.At(day);
            var net = duty * (drain + (SentShare ?? 0) * (oftener - 1)) / own * (1 + 0.004 * Math.Abs(celsius - 15));
            if (IsSolar)
                net -= flow = weather.Sun(day) * sky * 9 / own;
            used = Math.Clamp(used + net * step, 0, 1.02);
            if (!IsSolar && used >= retire)
            {
                var fresh = retire < 0.9 ? 0.25 * random.NextDouble() : 0.02 * random.NextDouble();
                silentUntil = day + (random.NextDouble() < 0.3 ? 3 : 0.1) * random.NextDouble();
                var before = used;
                (used, own, drain) = (fresh, typical * (0.75 + 0.6 * random.NextDouble()), 1);
                retire = random.NextDouble() < 0.25 ? 0.4 + 0.4 * random.NextDouble() : 0.99;
                drainAt = Drain();
                happenings.Add(new(start.AddDays(silentUntil), Happening.Swapped, before, fresh));
            }
            if (random.NextDouble() < 0.3 * step / (0.1 * own))
                silentUntil = Math.Max(silentUntil, day + own * 0.02 * random.NextDouble());
            if (day < silentUntil || random.NextDouble() < loss)
                continue;
            var volts = VoltsAt(used, bend) + Cells * MillivoltsPerDegree / 1000 * (celsius - 15) + noise * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
            if (IsSolar)
                volts += Cells * Curve[0] * 0.06 * Math.Min(1, flow * own / 4) * (1 - 0.5 * used);
            if (random.NextDouble() < 0.03)
                volts -= sag;
            var level = HasGauge ? Math.Round(100 * Math.Max(0, 1 - used)) : Math.Round(volts / grain) * grain;
            readings.Add(new(start.AddDays(day), level, HasThermometer ? Math.Round(celsius, 1) : null));
        }
        return new(readings, happenings);

        double Drain() => !IsSolar && MostDays >= 90 && random.NextDouble() < 0.15 ? 0.25 + 0.35 * random.NextDouble() : 2;
    }

    /// <summary>Degrees and sun of a place by the day: seasons, days, weather that comes and goes, and cold fronts that stand for days, or come over days and stand for weeks.</summary>
    private sealed class Weather
    {
        private readonly double[] _celsius;
        private readonly double[] _clear;
        private readonly double _mean;
        private readonly double _season;
        private readonly double _daily;
        private readonly double _latitude;

        public Weather(Random random, double days, bool isOutside, bool hasLongFronts)
        {
            (_mean, _season, _daily, _latitude) = isOutside ? (8 + 6 * random.NextDouble(), 8 + 6 * random.NextDouble(), 3 + 5 * random.NextDouble(), 0.5 + 0.7 * random.NextDouble()) : (19, 1, 4 * random.NextDouble(), 0.8);
            (_celsius, _clear) = (new double[(int)days + 3], new double[(int)days + 3]);
            double warmth = 0, clouds = 0;
            var front = -1000;
            for (var day = 0; day < _celsius.Length; day++)
            {
                warmth = 0.7 * warmth + 2.5 * (random.NextDouble() + random.NextDouble() - 1) * (isOutside ? 1.5 : 0.4);
                clouds = 0.7 * clouds + (random.NextDouble() - 0.5);
                if (isOutside && random.NextDouble() < 0.006)
                    front = day;
                _celsius[day] = warmth - (day - front < 5 ? 12 : 0);
                _clear[day] = Math.Clamp(0.6 + 0.6 * clouds, 0.1, 1);
            }
            for (var day = 0; hasLongFronts && day < _celsius.Length; day++)
            {
                if (random.NextDouble() >= 0.02)
                    continue;
                var (comes, stands, deep) = (1 + 3 * random.NextDouble(), 5 + 25 * random.NextDouble(), 10 + 10 * random.NextDouble());
                for (var i = 0; i < comes + stands && day + i < _celsius.Length; i++)
                    _celsius[day + i] -= deep * Math.Min(1, i / comes);
                day += (int)(comes + stands);
            }
        }

        /// <summary>The first of March is day 59 of the year.</summary>
        private static double Season(double day) => -Math.Cos((day + 59 - 15) / 365.25 * Math.Tau);

        public double At(double day)
        {
            var (i, share) = ((int)day, day - Math.Floor(day));
            return _mean + _season * Season(day) - _daily * Math.Cos((share - 0.1) * Math.Tau) + (1 - share) * _celsius[i] + share * _celsius[i + 1];
        }

        /// <summary>Share of full sun.</summary>
        public double Sun(double day)
        {
            var height = Math.Sin(Math.PI / 2 - _latitude + 0.41 * Season(day)) + 0.15;
            return Math.Max(0, height) * Math.Max(0, -Math.Cos((day - Math.Floor(day)) * Math.Tau)) * _clear[(int)day];
        }
    }
}
