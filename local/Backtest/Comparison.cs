namespace IoTBackend.Backtest;

/// <summary>What a change of rules would have changed on recorded telemetry.</summary>
internal static class Comparison
{
    public static void Print(string telemetry, string oldRules, string newRules, TextWriter output)
    {
        var (before, days) = Backtest.Replay(telemetry, oldRules, null);
        var (after, _) = Backtest.Replay(telemetry, newRules, null);
        output.WriteLine($"{"kind",-20} {"old",8} {"new",8} {"gained",8} {"lost",8} {"old/dd",10} {"new/dd",10}");
        foreach (var kind in before.Episodes.Concat(after.Episodes).Select(e => e.Kind).Distinct().Order(StringComparer.Ordinal))
        {
            Episode[] old = [.. before.Episodes.Where(e => e.Kind == kind)], now = [.. after.Episodes.Where(e => e.Kind == kind)];
            var gained = now.Count(e => !old.Any(o => Overlap(o, e)));
            var lost = old.Count(o => !now.Any(e => Overlap(o, e)));
            output.WriteLine($"{kind,-20} {old.Length,8} {now.Length,8} {gained,8} {lost,8} {old.Length / days,10:0.#####} {now.Length / days,10:0.#####}");
        }
        output.WriteLine($"over {days:0.#} device-days; gained/lost = episodes with no counterpart open at the same time under the other rules");
    }

    private static bool Overlap(Episode a, Episode b) =>
        a.DeviceId == b.DeviceId && a.Group == b.Group
        && a.RaisedAt <= (b.ClearedAt ?? DateTimeOffset.MaxValue) && b.RaisedAt <= (a.ClearedAt ?? DateTimeOffset.MaxValue);
}
