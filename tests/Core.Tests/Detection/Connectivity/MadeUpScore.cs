using System.Globalization;
using System.Text;
using IoTBackend.Backtest;
using IoTBackend.Core.Detection;

namespace Core.Tests.Detection.Connectivity;

/// <summary>
/// What was told of made-up sites, beside what happened. A silence matters from twenty own intervals and ten minutes on, or where it is shared by 60 % of the
/// devices in use and five intervals and an hour long; an alert in a gap under ten is false.
/// </summary>
internal sealed class MadeUpScore
{
    private static readonly DateTimeOffset T = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, string[]> Right = new()
    {
        ["fleetWide"] = ["gateway"],
        ["linkOrGatewayLoss"] = ["link", "gateway"],
        ["deviceQuiet"] = ["device", "power"],
        ["reset"] = ["device", "power"],
        ["update"] = ["update"],
        ["deviceOnly"] = ["link", "device", "power"],
        ["batteryEmpty"] = ["power"],
    };

    private readonly Dictionary<string, (int Right, int All)> _causes = [];
    private readonly List<double> _delays = [];
    private double _days;

    public static string Header => "kind | silences told of | false /1000 dd | delay | shared told of | false | own alerts in shared | degraded told of | false | seasons one, own alerts | cause";

    public int Silences { get; private set; }

    public int Told { get; private set; }

    public int False { get; private set; }

    public int Shared { get; private set; }

    public int SharedTold { get; private set; }

    public int FalseShared { get; private set; }

    public int OwnInShared { get; private set; }

    public int Spells { get; private set; }

    public int SpellsTold { get; private set; }

    public int SpellAlerts { get; private set; }

    public int FalseSpells { get; private set; }

    public int Seasons { get; private set; }

    public int SeasonsAsOne { get; private set; }

    public int OwnInSeasons { get; private set; }

    public double FalsePer1000DeviceDays => 1000 * False / _days;

    /// <summary>Mean over the classes of silences.</summary>
    public double Cause => _causes.Count == 0 ? 1 : _causes.Values.Average(c => (double)c.Right / c.All);

    public double CauseOf(string name) => _causes.TryGetValue(name, out var c) ? (double)c.Right / c.All : 1;

    public void Add(MadeUpSite site, Action<string>? say = null)
    {
        var episodes = site.Replay();
        var devices = site.Devices.ToDictionary(d => d.Id);
        var gaps = site.Devices.SelectMany(d => Gaps(d, site.Until)).ToList();
        _days += site.Devices.Sum(d => d.Heard.Count == 0 ? 0 : (d.Heard[^1] - d.Heard[0]).TotalDays);
        foreach (var shared in site.Events.Where(e => e.Kind == Trouble.Gateway))
        {
            var active = site.Devices.Count(d => d.Heard.Any(h => h <= shared.From && h > shared.From - Longer(TimeSpan.FromDays(1), 10 * d.Interval)));
            var silent = gaps.Where(g => g.Mishaps.Contains(shared) && g.Intervals >= 5).ToList();
            if (silent.Count < 2 || silent.Count < 0.6 * active || shared.Until - shared.From < TimeSpan.FromHours(1))
                continue;
            silent.ForEach(g => g.IsShared = true);
            Shared++;
            var told = episodes.Where(e => e.Kind == "group.outage" && e.RaisedAt - T > shared.From && e.RaisedAt - T < shared.Until + silent.Max(g => g.Device.Interval)).ToList();
            SharedTold += told.Count > 0 ? 1 : 0;
            var own = episodes.Count(e => e.Kind == "device.offline" && silent.Any(g => g.Device.Id == e.DeviceId && g.Holds(e)));
            OwnInShared += own;
            if (told.Count == 0)
                say?.Invoke($"shared not told: {shared.From.TotalHours:0.0}..{shared.Until.TotalHours:0.0} h, {silent.Count} of {active} silent");
        }
        foreach (var gap in gaps.Where(g => g.Mishaps.Count > 0))
        {
            var isAway = gap.Mishaps.Any(m => m.Kind == Trouble.Away);
            if (isAway || gap.Mishaps.All(m => m.Kind == Trouble.Bad) || !(gap.IsShared || (gap.Intervals >= 20 && gap.Length >= TimeSpan.FromMinutes(10))))
                continue;
            Silences++;
            var own = episodes.FirstOrDefault(e => e.Kind == "device.offline" && e.DeviceId == gap.Device.Id && gap.Holds(e));
            var group = episodes.FirstOrDefault(e => e.Kind == "group.outage" && e.Members is string[] m && m.Contains(gap.Device.Id) && gap.Holds(e));
            if (own is null && group is null)
            {
                say?.Invoke($"not told: {gap}");
                continue;
            }
            Told++;
            _delays.Add((new[] { own, group }.Where(e => e is not null).Min(e => e!.RaisedAt - T) - gap.From) / gap.Device.Interval);
            if (Class(site, gap) is not { } name)
                continue;
            var cause = own?.Cause ?? (own is null ? "gateway" : "unknown");
            var (right, all) = _causes.GetValueOrDefault(name);
            var isRight = Right[name].Contains(cause);
            _causes[name] = (right + (isRight ? 1 : 0), all + 1);
            if (!isRight)
                say?.Invoke($"cause {name} -> {cause} (raised {own?.CauseAtRaise}): {gap}; {own?.Summary}; {episodes.LastOrDefault(e => e.Group is not null && e.RaisedAt - T <= gap.Until)?.Summary}");
        }
        foreach (var alert in episodes.Where(e => e.Kind == "device.offline"))
        {
            var gap = gaps.FirstOrDefault(g => g.Device.Id == alert.DeviceId && g.Holds(alert));
            if (gap is null || (gap.Intervals < 10 && !gap.IsShared && gap.Until < site.Until))
            {
                False++;
                say?.Invoke($"false: {alert.DeviceId} {(alert.RaisedAt - T).TotalHours:0.0} h {gap}");
            }
        }
        foreach (var alert in episodes.Where(e => e.Kind == "group.outage"))
        {
            var quiet = gaps.Count(g => g.Holds(alert) && g.Intervals >= 5);
            if (quiet < 2 || quiet < 0.5 * ((string[])alert.Members!).Length)
            {
                FalseShared++;
                say?.Invoke($"false outage: {(alert.RaisedAt - T).TotalHours:0.0} h {alert.Summary}");
            }
        }
        Spell(site, episodes, say);
        Season(site, episodes, gaps, say);
    }

    public string Row(string kind)
    {
        var causes = string.Join(", ", _causes.OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value.Right}/{c.Value.All}"));
        return new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"{kind} | {Told}/{Silences} | {False} = {FalsePer1000DeviceDays:0.0} | {(_delays.Count == 0 ? 0 : _delays.Order().ElementAt(_delays.Count / 2)):0.0} | {SharedTold}/{Shared} | {FalseShared} | {OwnInShared} | {SpellsTold}/{Spells} by {SpellAlerts} | {FalseSpells} | {SeasonsAsOne}/{Seasons}, {OwnInSeasons} | {Cause:0.00}: {causes}").ToString();
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
        left.RemoveAll(e => site.Events.Any(o => o.Kind is Trouble.Gateway or Trouble.Away && e.RaisedAt - T > o.From && e.RaisedAt - T < o.Until + TimeSpan.FromDays(1)));
        FalseSpells += left.Count;
        foreach (var e in left)
            say?.Invoke($"false degraded {(e.RaisedAt - T).TotalHours:0.0} h {e.Summary}");
    }

    private void Season(MadeUpSite site, IReadOnlyList<Episode> episodes, List<Gap> gaps, Action<string>? say)
    {
        if (!site.Devices.Any(d => d.Mishaps.Any(m => m.Kind == Trouble.Away)))
            return;
        Seasons++;
        var away = gaps.Where(g => g.Mishaps.Any(m => m.Kind == Trouble.Away)).ToList();
        var outages = episodes.Where(e => e.Kind == "group.outage" && e.RaisedAt - T > away.Min(g => g.From) && e.RaisedAt - T < away.Max(g => g.Until)).ToList();
        var own = episodes.Count(e => e.Kind == "device.offline" && away.Any(g => g.Device.Id == e.DeviceId && g.Holds(e)));
        SeasonsAsOne += outages.Count == 1 ? 1 : 0;
        OwnInSeasons += own;
        if (outages.Count != 1 || own > 0)
            say?.Invoke($"season: {outages.Count} outages {string.Join(" ", outages.Select(t => $"{(t.RaisedAt - T).TotalHours:0.0}-{(t.ClearedAt - T)?.TotalHours:0.0}"))}, {own} own; away {away.Min(g => g.From).TotalHours:0.0}..{away.Max(g => g.From).TotalHours:0.0}, back {away.Min(g => g.Until).TotalHours:0.0}..{away.Max(g => g.Until).TotalHours:0.0}");
    }

    private static string? Class(MadeUpSite site, Gap gap)
    {
        var causes = gap.Mishaps.Where(m => m.Kind is not Trouble.Bad).Select(m => m.Kind).Distinct().ToList();
        if (causes.Count != 1)
            return null;
        var counter = gap.Device.HasCounter;
        return causes[0] switch
        {
            Trouble.Power when gap.Device.HasVoltage => "batteryEmpty",
            Trouble.Update => "update",
            Trouble.Gateway => gap.IsShared ? counter ? "linkOrGatewayLoss" : "fleetWide" : counter ? "linkOrGatewayLoss" : null,
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
        var own = heard.Zip(heard.Skip(1)).Select(p => p.Second - p.First).Order().ElementAt(heard.Count / 2);
        for (var i = 0; i < heard.Count; i++)
        {
            var end = i + 1 < heard.Count ? heard[i + 1] : until;
            if (end - heard[i] >= 3 * own)
                yield return new(device, heard[i], end, (end - heard[i]) / own, [.. device.Mishaps.Where(m => m.From < end && m.Until > heard[i])]);
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed record Gap(MadeUpDevice Device, TimeSpan From, TimeSpan Until, double Intervals, List<Mishap> Mishaps)
    {
        public bool IsShared { get; set; }

        public TimeSpan Length => Until - From;

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
