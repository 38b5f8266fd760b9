using System.Globalization;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;

namespace IoTBackend.Benchmarks.Rollouts;

/// <summary>What the image that is rolled out does.</summary>
/// <param name="Drain">Times the drain of before.</param>
/// <param name="Crashes">Share of devices of one platform that fall silent soon after the switch.</param>
/// <param name="Terrible">Share of devices whose battery it drains five times as fast.</param>
/// <param name="Loops">Share of devices that restart every few hours.</param>
internal sealed record ImageEffect(double Drain = 1, double Crashes = 0, double Terrible = 0, double Loops = 0);

/// <summary>
/// A made-up fleet and one release over it, all by a seed: fleets of 24 to 80 devices of one or two models, a report every half hour or hour, 0.3 to 12 % a day as a percentage of whole points or tenths, or as
/// volts of a curve with a plateau; devices that differ, days that differ for each and for all, noise, sags, losses, restarts, silences. In half of them those with a charge above 55 % go first.
/// </summary>
internal static class SimulatedRelease
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Past = TimeSpan.FromDays(6);

    /// <param name="times">So many times the devices.</param>
    public static ReplayOutcome Run(int seed, ImageEffect effect, TrackRollout rules, int times = 1)
    {
        var random = new Random(seed);
        var (devices, models) = (times * (24 + random.Next(57)), 1 + random.Next(2));
        var interval = TimeSpan.FromMinutes(random.Next(2) == 0 ? 30 : 60);
        var kinds = Enumerable.Range(0, models).Select(_ => new Kind(0.3 * Math.Pow(40, random.NextDouble()), random.Next(3), 0.1 + 0.4 * random.NextDouble())).ToArray();
        double[] weather = [.. Enumerable.Range(0, 60).Select(_ => Math.Exp(0.1 * Normal(random)))];
        List<ReplayedDevice> fleet = [.. Enumerable.Range(0, devices).Select(i => new Device(i, kinds[i % models], interval, weather, new(seed * 1000 + i), effect))];
        if (random.Next(2) == 0)
            fleet = [.. fleet.OrderBy(d => ((Device)d).Charge < 55)];
        return new ReleaseReplay(fleet, rules, random).Run(Start + Past, Start.AddDays(35), (device, now) => ((Device)device).Tell(now)) with
        {
            Fleet = string.Create(CultureInfo.InvariantCulture, $"{devices} devices, {string.Join(" and ", kinds.Select(k => k.ToString()))}"),
        };
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <param name="PerDay">Percent.</param>
    /// <param name="Gauge">0 whole percent, 1 tenths, 2 volts.</param>
    /// <param name="Differ">Logarithmic scatter between devices.</param>
    private sealed record Kind(double PerDay, int Gauge, double Differ)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerDay:0.0} %/day in {Gauge switch { 0 => "percent", 1 => "tenths", _ => "volts" }} ±{Differ:P0}");
    }

    private sealed class Device(int number, Kind kind, TimeSpan interval, double[] weather, Random random, ImageEffect effect) : ReplayedDevice(
        $"d{number}", $"model-{kind.PerDay:0.000}", number % 3 == 0 ? "linux/arm/v7" : "linux/arm64/v8",
        new() { ReportingInterval = interval, Battery = kind.Gauge == 2 ? new BatterySpecification("li-ion", 3.5, 3.3) : new() })
    {
        private readonly double _own = kind.PerDay * Math.Exp(kind.Differ * Normal(random));
        private readonly double _crash = random.NextDouble(), _terrible = random.NextDouble(), _loops = random.NextDouble();

        public double Charge { get; private set; } = 40 + 60 * random.NextDouble();

        public void Tell(DateTimeOffset now) => SwitchesAt = now + TimeSpan.FromMinutes(5 + 115 * random.NextDouble());

        protected override IEnumerable<(DateTimeOffset At, Reading Reading)> Readings()
        {
            var (at, sequence, day, today, paid) = (Start + interval * random.NextDouble(), random.Next(1000), -1, 1.0, false);
            var restartsPerDay = 1 / 30.0;
            while (true)
            {
                var (step, hasSwitched) = (interval * (0.95 + 0.1 * random.NextDouble()), at >= SwitchesAt);
                var days = step.TotalDays;
                if ((int)(at - Start).TotalDays is var current && current != day)
                    (day, today) = (current, Math.Exp(0.2 * Normal(random)));
                var factor = hasSwitched ? effect.Drain * (_terrible < effect.Terrible ? 5 : 1) : 1;
                Charge = Math.Max(0, Charge - _own * today * weather[Math.Min(day, weather.Length - 1)] * factor * days);
                if (hasSwitched && !paid)
                    (Charge, paid, sequence) = (Math.Max(0, Charge - 0.3 - random.NextDouble()), true, 0);
                at += step;
                sequence++;
                if (random.NextDouble() < (hasSwitched && _loops < effect.Loops ? 6 : restartsPerDay) * days)
                    sequence = 1;
                if (random.NextDouble() < days / 300)
                    at += TimeSpan.FromHours(24 * random.NextDouble());
                if (Charge <= 0 || (hasSwitched && Platform == "linux/arm/v7" && _crash < effect.Crashes && at > SwitchesAt + interval))
                    yield break;
                if (random.NextDouble() < 0.02)
                    continue;
                var sag = random.NextDouble() < 0.02 ? 0.95 : 1;
                yield return (at, kind.Gauge switch
                {
                    0 => new() { Sequence = sequence, BatteryPercent = Math.Clamp(Math.Round(sag * (Charge + 0.3 * Normal(random))), 0, 100) },
                    1 => new() { Sequence = sequence, BatteryPercent = Math.Clamp(Math.Round(sag * (Charge + 0.3 * Normal(random)), 1), 0, 100) },
                    _ => new() { Sequence = sequence, BatteryVoltage = Math.Round(sag * (Volts(Charge) + 0.006 * Normal(random)), 2) },
                });
            }
        }

        /// <summary>A cell that falls from 4.2 V to a plateau, and over a knee.</summary>
        private static double Volts(double charge) => 3.55 + 0.3 * charge / 100 + 0.3 * Math.Pow(charge / 100, 4) - 0.5 * Math.Exp(-charge / 4);
    }
}
