namespace Core.Tests.Detection.Connectivity;

/// <summary>Sites that never were, of the kinds that are hard; the same seed makes the same site.</summary>
internal static class MadeUpSites
{
    private static readonly double[] Minutes = [1, 5, 10, 15, 60, 60, 120];

    private static readonly double[] Apart = [10, 60, 360];

    public static IReadOnlyList<string> Kinds { get; } =
    [
        "hourly", "minutes", "mixed", "part of it", "one after the other", "season", "season with faults", "bad spells", "flapping", "single faults", "alone", "quiet",
        "six-hourly", "ten minutes to six hours", "radio", "stragglers", "pairs", "two lines", "one by one", "motes", "motes in bursts",
        "backlog", "clocks", "updates", "muddled", "power cuts", "restarts",
    ];

    public static MadeUpSite Make(string kind, int seed)
    {
        var random = new Random(seed * 7919 + Kinds.ToList().IndexOf(kind));
        double Any(double from, double to) => from * Math.Pow(to / from, random.NextDouble());
        var interval = kind switch
        {
            "hourly" => 60,
            "minutes" => Minutes[random.Next(4)],
            "bad spells" or "flapping" => Minutes[random.Next(3)],
            "six-hourly" => 360,
            "radio" or "backlog" or "muddled" => Minutes[random.Next(4)],
            "motes" or "motes in bursts" => 5,
            _ => Minutes[random.Next(Minutes.Length)],
        };
        var devices = new List<MadeUpDevice>();
        var (counter, signal) = (random.Next(2) == 0, random.Next(2) == 0);
        var count = kind switch
        {
            "alone" => 6,
            "bad spells" => random.Next(4, 26),
            "six-hourly" => random.Next(2, 7),
            "pairs" => random.Next(2, 4),
            "motes" or "motes in bursts" => 25,
            _ => random.Next(3, 16),
        };
        while (devices.Count < count)
        {
            var minutes = kind switch { "mixed" => Minutes[random.Next(Minutes.Length)], "ten minutes to six hours" => Apart[random.Next(3)], _ => interval };
            devices.Add(new($"d{devices.Count}", TimeSpan.FromMinutes(minutes))
            {
                Jitter = Any(0.01, 0.3),
                Loss = kind == "radio" ? Any(0.01, 0.15) : random.Next(3) == 0 ? 0 : Any(0.001, 0.1),
                HasCounter = kind is "mixed" or "ten minutes to six hours" ? random.Next(2) == 0 : counter || kind is "radio" or "muddled" or "power cuts",
                CounterSize = kind == "radio" ? 1L << 8 * random.Next(1, 3) : 1L << 32,
                HasSignal = signal,
                HasVoltage = random.Next(2) == 0,
                HasClock = kind == "clocks" || (kind == "backlog" && seed % 2 == 0),
                Buffers = kind == "backlog",
                Muddled = kind == "muddled" ? Any(0.01, 0.2) : 0,
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
        void Outage(TimeSpan at, TimeSpan length, double part, Trouble kind = Trouble.Gateway)
        {
            var outage = new Mishap(kind, at, at + length);
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
            case "hourly" or "minutes" or "mixed" or "six-hourly" or "ten minutes to six hours" or "radio" or "pairs" or "backlog" or "muddled":
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
            case "stragglers":
                Each(0.12, 0.15, at =>
                {
                    var length = Long();
                    Outage(at, length, 1);
                    foreach (var device in devices.Where(_ => random.Next(4) == 0))
                        device.Mishaps.Add(new(device.HasVoltage ? Trouble.Power : Trouble.Hang, at - random.Next(9) * device.Interval, at + length + device.Interval * Any(30, 300)));
                });
                break;
            case "two lines":
                for (var line = 0; line < 2; line++)
                {
                    var members = devices.Where((_, i) => i % 2 == line).ToList();
                    Each(0.15, 0.15, at =>
                    {
                        var outage = new Mishap(Trouble.Gateway, at, at + Long());
                        events.Add(outage);
                        members.ForEach(d => d.Mishaps.Add(outage));
                    });
                }
                break;
            case "one by one":
                Each(0.12, 0.15, at =>
                {
                    var length = 40 * longest + Long();
                    foreach (var device in devices)
                        device.Mishaps.Add(new(Trouble.Gateway, at + random.NextDouble() * 40 * longest, at + length));
                });
                break;
            case "motes" or "motes in bursts":
                Each(0.12, 0.2, at =>
                {
                    if (random.Next(4) == 0)
                    {
                        Outage(at, Long(), 1);
                        return;
                    }
                    var spell = new Mishap(Trouble.Bad, at, at + TimeSpan.FromHours(Any(2, 4)), kind == "motes" ? 0.1 + 0.25 * random.NextDouble() : 0.6);
                    events.Add(spell);
                    devices.ForEach(d => d.Mishaps.Add(spell));
                    // The base hears nobody for a while, then most of them, again and again.
                    for (var burst = at; kind != "motes" && burst < spell.Until;)
                    {
                        var deaf = new Mishap(Trouble.Gateway, burst, burst + longest * Any(6, 18));
                        devices.Where(_ => random.Next(12) > 0).ToList().ForEach(d => d.Mishaps.Add(deaf));
                        burst = deaf.Until + longest * Any(2, 5);
                    }
                });
                break;
            case "clocks":
                foreach (var device in devices)
                    Each(0.2, 0.1, at => device.Mishaps.Add(new(Trouble.Clock, at, random.Next(2) == 0 ? until : at + until * Any(0.01, 0.2), Off: (random.Next(2) == 0 ? 1 : -1) * TimeSpan.FromHours(Any(0.2, 400)))));
                Each(0.12, 0.15, at => Outage(at, Long(), 1));
                Faults(0.5);
                break;
            case "updates":
                Each(0.12, 0.15, at => Outage(at, Long(), 1));
                foreach (var shared in events.ToList())
                    devices.ForEach(d => Fault(d, shared.From - d.Interval * Any(50, 400), Trouble.Update, d.Interval * Any(25, 100)));
                break;
            case "power cuts":
                Each(0.12, 0.15, at => Outage(at, Long(), 1, Trouble.Cut));
                break;
            case "restarts":
                Each(0.05, 0.1, at => Outage(at, longest * Any(0.2, 2), 1, Trouble.Cut));
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
