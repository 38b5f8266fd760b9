using System.Globalization;
using Core.Tests.Detection.Battery;
using IoTBackend.Core.Signals;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>What is said of made-up batteries that lose their charge in days, and of those that are changed, kind by kind, as tables in Markdown.</summary>
internal static class MadeUpDrains
{
    public static int Run(int fleets, string only)
    {
        var lives = MadeUpFleetReplay.ByKind(MadeUpKind.All.Concat(MadeUpKind.Changing), fleets, only, foretells: false);
        var all = lives.Append(("all that report as ever", lives.Where(l => MadeUpKind.All.Any(k => k.Name == l.Kind)).SelectMany(l => l.Lives).ToList())).ToList();
        Console.WriteLine("| charges lost in days | lost, visible | told with low at the latest, after it | of the visible with low at the latest | days until told, median | false per 10,000 device-days |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, list) in all)
            Console.WriteLine($"| {name} | {Drains(list)} |");
        Console.WriteLine("\n| batteries changed: told as replaced, noticed in all, of | for full ones at once | for full ones in a silence | for half-empty ones | after a half-empty one | false |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, list) in all)
            Console.WriteLine($"| {name} | {Swaps(list)} |");
        return 0;
    }

    private static string Drains(List<MadeUpLife> lives)
    {
        var (cases, visible, early, late, seen, wrong, days) = (0, 0, 0, 0, 0, 0, 0.0);
        var delays = new List<double>();
        foreach (var life in lives)
        {
            days += (life.End - life.Begin).TotalDays;
            var alerts = life.Alerts.Where(a => a.Kind == AlertKind.BatteryDrain).Select(a => a.At).ToList();
            wrong += alerts.Count(a => !(a >= life.Drain - 24 * life.Interval));
            // What drains from the first weeks on has no past to differ from.
            if (life.Drain is not { } drain || drain < life.Begin.AddDays(24))
                continue;
            cases++;
            visible += life.IsDrainVisible ? 1 : 0;
            var first = alerts.Where(a => a >= drain - 24 * life.Interval).DefaultIfEmpty(DateTimeOffset.MaxValue).First();
            if (first == DateTimeOffset.MaxValue)
                continue;
            delays.Add((first - drain).TotalDays);
            var low = life.Alerts.Where(a => a.Kind is AlertKind.BatteryLow or AlertKind.BatteryCritical && a.At >= drain).Select(a => a.At).DefaultIfEmpty(DateTimeOffset.MaxValue).First();
            early += first <= low ? 1 : 0;
            late += first > low ? 1 : 0;
            seen += first <= low && life.IsDrainVisible ? 1 : 0;
        }
        delays.Sort();
        var delay = delays.Count == 0 ? "-" : delays[delays.Count / 2].ToString("0.0", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{cases}, {visible} | {early}, {late} | {seen} | {delay} | {1e4 * wrong / days:0.00} ({wrong} in {days:0})");
    }

    private static string Swaps(List<MadeUpLife> lives)
    {
        var (told, noticed, swaps, wrong) = (new int[4], new int[4], new int[4], 0);
        foreach (var life in lives)
        {
            var near = life.Begin + (TimeSpan.FromDays(2) > 24 * life.Interval ? TimeSpan.FromDays(2) : 24 * life.Interval);
            var replaced = life.Alerts.Where(a => a.Kind == AlertKind.BatteryReplaced).Select(a => a.At).ToList();
            wrong += replaced.Count(a => life.Change is null || a > near);
            if (life.Change is not { } change)
                continue;
            var kind = change.UsedAfter > 0.02 ? 2 : change.UsedBefore < 0.9 ? 3 : change.Silence > 24 * life.Interval ? 1 : 0;
            swaps[kind]++;
            told[kind] += replaced.Exists(a => a <= near) ? 1 : 0;
            noticed[kind] += life.NewAt <= near ? 1 : 0;
        }
        return string.Join(" | ", Enumerable.Range(0, 4).Select(i => $"{told[i]}, {noticed[i]} of {swaps[i]}")) + $" | {wrong}";
    }
}
