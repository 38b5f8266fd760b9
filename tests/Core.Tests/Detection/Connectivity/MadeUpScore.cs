using System.Globalization;
using System.Text;
using IoTBackend.Backtest;
using IoTBackend.Core.Detection;

namespace Core.Tests.Detection.Connectivity;

/// <summary>
/// What was told of made-up sites, beside what happened. Silences are gaps of more than five own intervals; shared where 60 % of the devices in use are silent at
/// once. A silence matters from twenty own intervals and ten minutes on, or from an hour on where it is part of a shared one; an alert in a gap under ten is false.
/// </summary>
internal sealed class MadeUpScore
{
    private static readonly DateTimeOffset T = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly Dictionary<string, string[]> Right = new()
    {
        ["fleetWide"] = ["gateway"],
        ["linkOrGatewayLoss"] = ["link", "gateway"],
        ["deviceQuiet"] = ["device", "power"],
        ["reset"] = ["device", "power"],
        ["update"] = ["update"],
        ["deviceOnly"] = ["link", "device", "power"],
        ["batteryEmpty"] = ["power"],
        ["powerCut"] = ["device", "power"],
    };

    private readonly Dictionary<string, (int Right, int All)> _causes = [];
    private readonly List<double> _delays = [];
    private double _days;

    public static string Header => """
        | kind | silences told | false `device.offline` per 1,000 device-days | delay, intervals | shared silences told | own alerts in them | false outages | alerts of the group for what happened to it | spells told | false `group.degraded` | seasons told as one | losses told | `device.flapping` | cause |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    public int Silences { get; private set; }

    public int Told { get; private set; }

    public int False { get; private set; }

    public int Shared { get; private set; }

    public int SharedTold { get; private set; }

    public int FalseShared { get; private set; }

    public int OwnInShared { get; private set; }

    /// <summary>What happened to the whole site, and alerts of the group.</summary>
    public int Incidents { get; private set; }

    public int GroupAlerts { get; private set; }

    public int Spells { get; private set; }

    public int SpellsTold { get; private set; }

    public int SpellAlerts { get; private set; }

    public int FalseSpells { get; private set; }

    public int Seasons { get; private set; }

    public int SeasonsAsOne { get; private set; }

    public long Lost { get; private set; }

    public long LostTold { get; private set; }

    public int Flapping { get; private set; }

    public double FalsePer1000DeviceDays => 1000 * False / _days;

    /// <summary>Mean over the classes of silences.</summary>
    public double Cause => _causes.Count == 0 ? 1 : _causes.Values.Average(c => (double)c.Right / c.All);

    public double CauseOf(string name) => _causes.TryGetValue(name, out var c) ? (double)c.Right / c.All : 1;

    public void Add(MadeUpSite site, Action<string>? say = null)
    {
        var episodes = site.Replay();
        var gaps = site.Devices.SelectMany(d => Gaps(d, site.Until)).ToList();
        var outages = episodes.Where(e => e.Kind == "group.outage").ToList();
        var shared = site.IsGroup ? Together(site, [.. gaps.Where(g => !g.Mishaps.Any(m => m.Kind == Trouble.Away))]) : [];
        _days += site.Devices.Sum(d => d.Heard.Count == 0 ? 0 : (d.Heard[^1] - d.Heard[0]).TotalDays);
        Incidents += site.Events.Count;
        GroupAlerts += episodes.Count(e => e.Group is not null);
        Lost += site.Devices.Sum(d => d.Lost);
        LostTold += episodes.Where(e => e.Kind == "device.dataLoss").Sum(e => Convert.ToInt64(e.Lost, CultureInfo.InvariantCulture));
        Flapping += episodes.Count(e => e.Kind == "device.flapping");
        Outages(shared, outages, episodes, gaps, site.Until, say);
        foreach (var gap in gaps.Where(g => !g.Mishaps.Any(m => m.Kind == Trouble.Away) && g.Until < site.Until))
        {
            gap.Event = shared.Find(e => e.Members.Contains(gap.Device.Id) && Shorter(gap.Until, e.Until) - Longer(gap.From, e.From) is var both && both > TimeSpan.Zero && 2 * both >= Shorter(gap.Length, e.Until - e.From));
            if (!((gap.Intervals >= 20 && gap.Length >= Hour / 6) || (gap.Event is not null && gap.Length >= Hour)))
                continue;
            Silences++;
            var own = episodes.FirstOrDefault(e => e.Kind == "device.offline" && e.DeviceId == gap.Device.Id && gap.Holds(e));
            var group = outages.Find(e => ((string[])e.Members!).Contains(gap.Device.Id) && (gap.Holds(e)
                || (e.RaisedAt - T <= gap.Until && !(e.ClearedAt - T <= gap.From) && shared.Exists(s => s.Holds(e) && gap.From <= s.Until))));
            if (own is null && group is null)
            {
                say?.Invoke($"not told: {gap}{(gap.Event is null ? "" : ", shared")}");
                continue;
            }
            Told++;
            _delays.Add((new[] { own, group }.Where(e => e is not null).Min(e => e!.RaisedAt - T) - gap.From) / gap.Device.Interval);
            Explained(site, gap, own?.Cause ?? group?.Cause ?? "unknown", say);
        }
        foreach (var alert in episodes.Where(e => e.Kind == "device.offline"))
        {
            var gap = gaps.Find(g => g.Device.Id == alert.DeviceId && g.Holds(alert));
            if (gap is null || (gap.Intervals < 10 && gap.Event is null && gap.Until < site.Until))
            {
                False++;
                say?.Invoke($"false: {alert.DeviceId} {(alert.RaisedAt - T).TotalHours:0.0} h {gap}");
            }
        }
        Spell(site, episodes, say);
        Season(site, episodes, gaps, say);
    }

    public string Row(string kind)
    {
        var causes = string.Join(", ", _causes.OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value.Right} of {c.Value.All}"));
        return new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"| {kind} | {Told} of {Silences} | {FalsePer1000DeviceDays:0.0} | {(_delays.Count == 0 ? 0 : _delays.Order().ElementAt(_delays.Count / 2)):0.0} | {SharedTold} of {Shared} | {OwnInShared} | {FalseShared} | {GroupAlerts} for {Incidents} | {SpellsTold} of {Spells} by {SpellAlerts} | {FalseSpells} | {SeasonsAsOne} of {Seasons} | {LostTold} of {Lost} | {Flapping} | {Cause:0.00}: {causes} |").ToString();
    }

    private void Explained(MadeUpSite site, Gap gap, string cause, Action<string>? say)
    {
        if (Class(site, gap) is not { } name)
            return;
        var (right, all) = _causes.GetValueOrDefault(name);
        var isRight = Right[name].Contains(cause);
        _causes[name] = (right + (isRight ? 1 : 0), all + 1);
        if (!isRight)
            say?.Invoke($"cause {name} -> {cause}: {gap}");
    }

    /// <summary>When 60 % of the devices in use were silent at once, pieces no more than three intervals apart taken for one.</summary>
    private static List<Event> Together(MadeUpSite site, List<Gap> gaps)
    {
        var (found, usual) = (new List<Event>(), site.Devices.Select(d => d.Interval).Order().ElementAt(site.Devices.Count / 2));
        var silent = new Dictionary<string, int>();
        var steps = gaps.Where(g => g.Intervals > 5 && g.Until < site.Until).SelectMany(g => new[] { (At: g.From, Step: 1, g.Device), (At: g.Until, Step: -1, g.Device) }).OrderBy(s => s.At).ToList();
        for (var i = 0; i + 1 < steps.Count; i++)
        {
            silent[steps[i].Device.Id] = silent.GetValueOrDefault(steps[i].Device.Id) + steps[i].Step;
            var (from, until) = (steps[i].At, steps[i + 1].At);
            var ids = silent.Where(s => s.Value > 0).Select(s => s.Key).ToHashSet();
            if (from == until || ids.Count < 2 || ids.Count < 0.6 * site.Devices.Count(d => ids.Contains(d.Id) || d.IsInUse(from, until)))
                continue;
            if (found.Count > 0 && from - found[^1].Until <= 3 * usual)
                found[^1].Until = until;
            else
                found.Add(new(from, [], usual) { Until = until });
            found[^1].Members.UnionWith(ids);
        }
        return found;
    }

    private void Outages(List<Event> shared, List<Episode> outages, IReadOnlyList<Episode> episodes, List<Gap> gaps, TimeSpan until, Action<string>? say)
    {
        foreach (var e in shared.Where(e => e.Until - e.From >= Hour))
        {
            Shared++;
            SharedTold += outages.Exists(e.Holds) ? 1 : 0;
            OwnInShared += episodes.Count(a => a.Kind == "device.offline" && e.Members.Contains(a.DeviceId!) && a.RaisedAt - T > e.From && a.RaisedAt - T <= e.Until);
            if (!outages.Exists(e.Holds))
                say?.Invoke($"shared not told: {e.From.TotalHours:0.0}..{e.Until.TotalHours:0.0} h, {e.Members.Count} silent");
        }
        foreach (var alert in outages.Where(a => !shared.Exists(e => e.Holds(a)) && gaps.Count(g => g.Holds(a) && g.Intervals >= 5) < 2 && a.RaisedAt - T < until))
        {
            FalseShared++;
            say?.Invoke($"false outage: {(alert.RaisedAt - T).TotalHours:0.0} h {alert.Summary}");
        }
    }

    private void Spell(MadeUpSite site, IReadOnlyList<Episode> episodes, Action<string>? say)
    {
        var left = episodes.Where(e => e.Kind == "group.degraded").ToList();
        foreach (var spell in site.Events.Where(e => e.Kind == Trouble.Bad))
        {
            Spells++;
            bool IsIts(Episode e) => e.Kind.StartsWith("group.", StringComparison.Ordinal) && e.RaisedAt - T > spell.From && e.RaisedAt - T < spell.Until + site.Devices.Max(d => d.Interval);
            var told = episodes.Where(IsIts).ToList();
            SpellAlerts += told.Count;
            SpellsTold += told.Count > 0 ? 1 : 0;
            if (told.Count != 1)
                say?.Invoke($"spell {spell.From.TotalHours:0.0}..{spell.Until.TotalHours:0.0} h at {spell.Heard:0.00}: told {told.Count} times {string.Join(" ", told.Select(t => $"{(t.RaisedAt - T).TotalHours:0.0}-{(t.ClearedAt - T)?.TotalHours:0.0} {t.Kind}"))}");
            left.RemoveAll(IsIts);
        }
        left.RemoveAll(e => site.Events.Any(o => o.Kind is not Trouble.Bad && e.RaisedAt - T > o.From && e.RaisedAt - T < o.Until + TimeSpan.FromDays(1)));
        FalseSpells += left.Count;
        foreach (var e in left)
            say?.Invoke($"false degraded {(e.RaisedAt - T).TotalHours:0.0} h {e.Summary}");
    }

    private void Season(MadeUpSite site, IReadOnlyList<Episode> episodes, List<Gap> gaps, Action<string>? say)
    {
        var away = gaps.Where(g => g.Mishaps.Any(m => m.Kind == Trouble.Away)).ToList();
        if (away.Count == 0)
            return;
        Seasons++;
        var outages = episodes.Where(e => e.Kind == "group.outage" && e.RaisedAt - T > away.Min(g => g.From) && e.RaisedAt - T < away.Max(g => g.Until)).ToList();
        SeasonsAsOne += outages.Count == 1 ? 1 : 0;
        if (outages.Count != 1)
            say?.Invoke($"season: {outages.Count} outages {string.Join(" ", outages.Select(t => $"{(t.RaisedAt - T).TotalHours:0.0}-{(t.ClearedAt - T)?.TotalHours:0.0}"))}; away {away.Min(g => g.From).TotalHours:0.0}..{away.Max(g => g.From).TotalHours:0.0}, back {away.Min(g => g.Until).TotalHours:0.0}..{away.Max(g => g.Until).TotalHours:0.0}");
    }

    private static string? Class(MadeUpSite site, Gap gap)
    {
        // What explains most of it: who stays away long after an outage does so on its own account.
        var causes = gap.Mishaps.Where(m => m.Kind is not (Trouble.Bad or Trouble.Clock) && 2 * gap.Within(m) >= gap.Length).Select(m => m.Kind).Distinct().ToList();
        var counter = gap.Device.HasCounter;
        if (causes.Count == 0 && gap.Mishaps.Exists(m => m.Kind == Trouble.Bad))
            return counter ? "linkOrGatewayLoss" : gap.Event is not null ? "fleetWide" : null;
        // Nobody can know of a device that kept all of it, and does not say since when.
        if (causes.Count != 1 || (causes[0] is Trouble.Gateway or Trouble.Link && gap.Device is { Buffers: true, HasClock: false, HasCounter: true }))
            return null;
        return causes[0] switch
        {
            Trouble.Power when gap.Device.HasVoltage => "batteryEmpty",
            Trouble.Update => "update",
            Trouble.Gateway => counter ? "linkOrGatewayLoss" : gap.Event is not null ? "fleetWide" : null,
            Trouble.Cut => counter ? "powerCut" : null,
            Trouble.Link when counter => "linkOrGatewayLoss",
            Trouble.Hang when counter => "deviceQuiet",
            Trouble.Restart or Trouble.Power when counter => "reset",
            _ => site.Devices.Count > 2 && gap.Until < site.Until ? "deviceOnly" : null,
        };
    }

    private static IEnumerable<Gap> Gaps(MadeUpDevice device, TimeSpan until)
    {
        var heard = device.Heard;
        if (heard.Count < 3)
            yield break;
        var steps = heard.Zip(heard.Skip(1)).Select(p => p.Second - p.First).Order().ToList();
        // What is sent twice, or was kept, is no interval.
        steps.RemoveAll(s => s < 0.02 * device.Interval);
        var own = steps[steps.Count / 2];
        for (var i = 0; i < heard.Count; i++)
        {
            var end = i + 1 < heard.Count ? heard[i + 1] : until;
            if (end - heard[i] >= 3 * own)
                yield return new(device, heard[i], end, (end - heard[i]) / own, [.. device.Mishaps.Where(m => m.From < end && m.Until > heard[i])]);
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record Event(TimeSpan From, HashSet<string> Members, TimeSpan Usual)
    {
        public TimeSpan Until { get; set; }

        public bool Holds(Episode alert) => alert.RaisedAt - T > From && alert.RaisedAt - T <= Until + Usual;
    }

    private sealed record Gap(MadeUpDevice Device, TimeSpan From, TimeSpan Until, double Intervals, List<Mishap> Mishaps)
    {
        public Event? Event { get; set; }

        public TimeSpan Length => Until - From;

        public TimeSpan Within(Mishap mishap) => Shorter(mishap.Until, Until) - Longer(mishap.From, From);

        public bool Holds(Episode alert) => alert.RaisedAt - T > From && alert.RaisedAt - T <= Until;

        public override string ToString() => $"{Device.Id} ({Device.Interval.TotalMinutes:0} min{(Device.HasCounter ? ", counter" : "")}, loss {Device.Loss:0.00}) {From.TotalHours:0.0}..{Until.TotalHours:0.0} h, {Intervals:0} intervals, {string.Join("+", Mishaps.Select(m => m.Kind))}";
    }
}

/// <summary>A made-up group, what happened to all of it, and how long it was watched.</summary>
internal sealed record MadeUpSite(IReadOnlyList<MadeUpDevice> Devices, IReadOnlyList<Mishap> Events, TimeSpan Until, int Seed, bool IsDeclared, bool IsGroup = true)
{
    public IReadOnlyList<Episode> Replay()
    {
        var random = new Random(Seed);
        var rows = Devices.SelectMany(d => d.Live(new Random(random.Next()), Until).Select(r => new RecordedReading(d.Id, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + r.At, r.Reading))).ToList();
        var models = Devices.Select(d => $$"""{ "match": "{{d.Id}}", {{(IsGroup ? "\"group\": \"site\", " : "")}}{{(IsDeclared ? $"\"reportingInterval\": \"{System.Xml.XmlConvert.ToString(d.Interval)}\", " : "")}}"lowVoltage": 3.0, "criticalVoltage": 2.8 }""");
        var rules = DetectionRules.Parse(Encoding.UTF8.GetBytes($$"""{ "groups": { "site": { } }, "models": [ {{string.Join(",", models)}} ] }""")).Value!;
        var alerts = new AlertLog();
        var replay = new Replay(rules, alerts, null);
        foreach (var row in rows.OrderBy(r => r.ArrivedAt))
            replay.Observe(in row);
        replay.End(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + Until);
        return alerts.Episodes;
    }
}
