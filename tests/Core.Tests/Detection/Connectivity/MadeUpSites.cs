namespace Core.Tests.Detection.Connectivity;

/// <summary>Sites that never were, of the kinds that are hard; the same seed makes the same site.</summary>
internal static class MadeUpSites
{
    private static readonly double[] Minutes = [1, 5, 10, 15, 60, 60, 120];

    public static IReadOnlyList<string> Kinds { get; } =
        ["hourly", "minutes", "mixed", "part of it", "one after the other", "season", "season with faults", "bad spells", "flapping", "single faults", "alone", "quiet"];

    public static MadeUpSite Make(string kind, int seed)
    {
        var random = new Random(seed * 7919 + Kinds.ToList().IndexOf(kind));
        double Any(double from, double to) => from * Math.Pow(to / from, random.NextDouble());
        var interval = kind switch
        {
            "hourly" => 60,
            "minutes" => Minutes[random.Next(4)],
            "bad spells" or "flapping" => Minutes[random.Next(3)],
            _ => Minutes[random.Next(Minutes.Length)],
        };
        var devices = new List<MadeUpDevice>();
        var (counter, signal) = (random.Next(2) == 0, random.Next(2) == 0);
        for (var n = kind == "alone" ? 6 : kind == "bad spells" ? random.Next(4, 26) : random.Next(3, 16); devices.Count < n;)
        {
            devices.Add(new($"d{devices.Count}", TimeSpan.FromMinutes(kind == "mixed" ? Minutes[random.Next(Minutes.Length)] : interval))
            {
                Jitter = Any(0.01, 0.3),
                Loss = random.Next(3) == 0 ? 0 : Any(0.001, 0.1),
                HasCounter = kind == "mixed" ? random.Next(2) == 0 : counter,
                HasSignal = signal,
                HasVoltage = random.Next(2) == 0,
            });
        }
        var longest = devices.Max(d => d.Interval);
        var until = TimeSpan.FromDays(Math.Min(120, Math.Max(4, 1500 * longest.TotalDays)));
        if (kind.StartsWith("season", StringComparison.Ordinal))
            until = TimeSpan.FromDays(240);
        var events = new List<Mishap>();
        void Each(double mean, double first, Action<TimeSpan> happen)
        {
            for (var at = first; at < 0.97; at += mean * (0.5 + random.NextDouble()))
                happen(at * until);
        }
        void Outage(TimeSpan at, TimeSpan length, double part)
        {
            var outage = new Mishap(Trouble.Gateway, at, at + length);
            events.Add(outage);
            foreach (var device in devices.OrderBy(_ => random.Next()).Take((int)Math.Ceiling(part * devices.Count)))
                device.Mishaps.Add(outage);
        }
        void Fault(MadeUpDevice device, TimeSpan at, Trouble what, TimeSpan length)
        {
            if (!device.Mishaps.Any(m => m.From < at + length + 40 * device.Interval && m.Until > at - 40 * device.Interval))
                device.Mishaps.Add(new(what, at, at + length));
        }
        void Faults(double mean) => devices.ForEach(d => Each(mean, 0.15 + 0.3 * random.NextDouble(), at => Fault(
            d, at, (Trouble)random.Next((int)Trouble.Link, d.HasVoltage ? (int)Trouble.Away : (int)Trouble.Power), d.Interval * Any(25, 200))));
        TimeSpan Long() => longest * Any(8, 150);
        switch (kind)
        {
            case "hourly" or "minutes" or "mixed":
                Each(0.12, 0.15, at => Outage(at, Long(), 1));
                Faults(0.5);
                break;
            case "part of it":
                Each(0.12, 0.15, at => Outage(at, Long(), 0.65 + 0.35 * random.NextDouble()));
                Faults(0.5);
                break;
            case "one after the other":
                Each(0.15, 0.15, at =>
                {
                    var length = Long();
                    Outage(at, length, 1);
                    foreach (var device in devices.Where(_ => random.Next(4) == 0))
                        device.Mishaps.Add(new(Trouble.Restart, at, at + length + device.Interval * Any(10, 300)));
                    Outage(at + length + longest * Any(8, 40), Long(), 0.9);
                });
                break;
            case "season" or "season with faults":
                var (away, back) = (TimeSpan.FromDays(90), TimeSpan.FromDays(90 + Any(30, 100)));
                var (taking, returning) = (TimeSpan.FromHours(Any(0.5, 30)), TimeSpan.FromHours(Any(1, 200)));
                devices.ForEach(d => d.Mishaps.Add(new(Trouble.Away, away + random.NextDouble() * taking, back + random.NextDouble() * returning)));
                if (kind == "season")
                    break;
                Each(0.1, 0.05, at => Outage(at, TimeSpan.FromHours(Any(10, 80)), 1));
                events.RemoveAll(e => e.From > away - TimeSpan.FromDays(5) && e.From < back + returning);
                devices.ForEach(d => d.Mishaps.RemoveAll(m => m.Kind == Trouble.Gateway && !events.Contains(m)));
                break;
            case "bad spells":
                Each(0.15, 0.3, at =>
                {
                    var spell = new Mishap(Trouble.Bad, at, at + TimeSpan.FromHours(Any(2, 4)) + 15 * longest, 0.1 + 0.25 * random.NextDouble());
                    events.Add(spell);
                    devices.ForEach(d => d.Mishaps.Add(spell));
                });
                break;
            case "flapping":
                foreach (var device in devices.Where((_, i) => i % 3 == 0))
                {
                    for (var at = 0.1 * until; at < 0.9 * until;)
                    {
                        var length = device.Interval * (random.Next(15) == 0 ? Any(40, 300) : Any(6, 14));
                        device.Mishaps.Add(new(Trouble.Link, at, at + length));
                        at += length + device.Interval * Any(2, 20);
                    }
                }
                break;
            case "single faults" or "alone":
                Faults(0.25);
                break;
        }
        return new(devices, events, until, seed, IsDeclared: random.Next(2) == 0, IsGroup: kind != "alone");
    }
}
