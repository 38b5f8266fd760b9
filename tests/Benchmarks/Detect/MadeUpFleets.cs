using System.Globalization;
using Core.Tests.Detection.Battery;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Signals;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>What the detectors say of batteries that never were, kind by kind, as tables in Markdown.</summary>
internal static class MadeUpFleets
{
    public static int Run(int fleets, string only)
    {
        var lives = MadeUpFleetReplay.ByKind(MadeUpKind.All, fleets, only, foretells: true);
        var all = lives.Append(("all", lives.SelectMany(l => l.Lives).ToList())).ToList();
        Console.WriteLine("| alerts | low: told of crossings | early or false, repeated, undecided | critical: told of crossings | early or false, repeated, undecided |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (name, list) in all)
            Console.WriteLine($"| {name} | {Threshold(list, true)} | {Threshold(list, false)} |");
        foreach (var isLow in (ReadOnlySpan<bool>)[true, false])
        {
            Console.WriteLine($"\n| {(isLow ? "low" : "critical")}, at 50, 75, 90 % | lives | error alone | held | width | error taught | held | width | answered | cut off: held alone, taught | dates that pass |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
            foreach (var (name, list) in all)
                Console.WriteLine($"| {name} | {Forecasts(list, isLow)} |");
        }
        return 0;
    }

    private static string Threshold(List<MadeUpLife> lives, bool isLow)
    {
        var (crossings, told, wrong, repeated, undecided) = (0, 0, 0, 0, 0);
        foreach (var life in lives)
        {
            var alerts = life.Alerts.Where(a => a.Kind == (isLow ? AlertKind.BatteryLow : AlertKind.BatteryCritical)).Select(a => a.At).ToList();
            if (life.Crossing(isLow) is not { } crossing)
            {
                // What no trailing median can confirm any more before the battery is changed is neither right nor wrong.
                wrong += alerts.Count(a => a < life.End - 24 * life.Interval);
                undecided += alerts.Count(a => a >= life.End - 24 * life.Interval);
                continue;
            }
            crossings++;
            var tolerance = Max(0.05 * (crossing - life.Begin), 24 * life.Interval);
            told += alerts.Exists(a => (a - crossing).Duration() <= tolerance) ? 1 : 0;
            wrong += alerts.Count(a => a < crossing - tolerance);
            repeated += Math.Max(0, alerts.Count(a => a >= crossing - tolerance) - 1);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{told} of {crossings} | {wrong}, {repeated}, {undecided}");
    }

    private static string Forecasts(List<MadeUpLife> lives, bool isLow)
    {
        var dated = lives.Where(l => l.Crossing(isLow) is not null).SelectMany(l => l.Forecasts.Where(f => f.IsLow == isLow).Select(f => (At: l.Crossing(isLow)!.Value, Forecast: f))).ToList();
        var cut = lives.Where(l => l.Crossing(isLow) is null).SelectMany(l => l.Forecasts.Where(f => f.IsLow == isLow).Select(f => (At: l.End, Forecast: f))).ToList();
        var passed = lives.SelectMany(l => l.Passed).Where(p => p.IsLow == isLow).ToList();
        return string.Join(" | ",
            dated.Count / 3,
            Of(f => f.Alone, Error), Of(f => f.Alone, Held), Of(f => f.Alone, Width),
            Of(f => f.Taught, Error), Of(f => f.Taught, Held), Of(f => f.Taught, Width),
            Of(f => f.Taught, rows => Share(rows, r => r.Forecast.ExpectedAt is not null)),
            $"{Share(Cut(f => f.Alone), r => !(r.Forecast.Latest < r.At))}, {Share(Cut(f => f.Taught), r => !(r.Forecast.Latest < r.At))}",
            Text(passed.Count == 0 ? double.NaN : passed.Average(p => p.HasPassed ? 1.0 : 0)));

        List<(DateTimeOffset At, DateTimeOffset Made, Forecast Forecast)> Cut(Func<MadeUpForecast, Forecast?> which) =>
            [.. cut.Where(r => which(r.Forecast) is not null).Select(r => (r.At, r.Forecast.At, which(r.Forecast)!))];

        string Of(Func<MadeUpForecast, Forecast?> which, Func<List<(DateTimeOffset At, DateTimeOffset Made, Forecast Forecast)>, string> figure) =>
            string.Join(", ", ((double[])[0.5, 0.75, 0.9]).Select(stage =>
                figure([.. dated.Where(r => r.Forecast.Stage == stage).Select(r => (r.At, r.Forecast.At, which(r.Forecast) ?? new(null, null, null)))])));
    }

    private static string Error(List<(DateTimeOffset At, DateTimeOffset Made, Forecast Forecast)> rows) =>
        Median(rows.Where(r => r.Forecast.ExpectedAt is not null).Select(r => (r.Forecast.ExpectedAt!.Value - r.At).Duration() / (r.At - r.Made)));

    private static string Held(List<(DateTimeOffset At, DateTimeOffset Made, Forecast Forecast)> rows) =>
        Share([.. rows.Where(r => r.Forecast != new Forecast(null, null, null))], r => !(r.Forecast.Earliest > r.At) && !(r.Forecast.Latest < r.At));

    private static string Width(List<(DateTimeOffset At, DateTimeOffset Made, Forecast Forecast)> rows) =>
        Median(rows.Where(r => r.Forecast != new Forecast(null, null, null)).Select(r => r.Forecast is { Earliest: { } from, Latest: { } to } ? (to - from) / (r.At - r.Made) : double.PositiveInfinity));

    private static string Share<T>(List<T> rows, Func<T, bool> holds) => Text(rows.Count == 0 ? double.NaN : rows.Count(holds) / (double)rows.Count);

    private static string Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return Text(sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2]);
    }

    private static string Text(double value) => double.IsNaN(value) ? "-" : value.ToString("0.00", CultureInfo.InvariantCulture);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
