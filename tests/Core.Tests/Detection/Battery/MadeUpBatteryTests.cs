using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Battery;

/// <summary>What is promised of batteries of which nothing else is known, on fleets of every kind.</summary>
public sealed class MadeUpBatteryTests
{
    private const int Devices = 4;
    private const int Window = 24;

    [Fact]
    public void A_forecast_from_its_own_past_alone_is_wrong_by_a_part_of_the_time_left_and_its_interval_holds_the_date()
    {
        var (errors, held, given) = (new Dictionary<double, List<double>>(), 0, 0);
        foreach (var life in MadeUpKind.All.Where(k => !k.IsSolar).SelectMany(Lives))
        {
            foreach (var (stage, at, low) in life.Forecasts)
            {
                given++;
                held += !(low.Earliest > life.LowAt) && !(low.Latest < life.LowAt) ? 1 : 0;
                if (low.ExpectedAt is { } expected)
                    (errors.TryGetValue(stage, out var all) ? all : errors[stage] = []).Add((expected - life.LowAt).Duration() / (life.LowAt - at));
            }
        }
        Assert.True(given > 200, $"{given} forecasts");
        Assert.InRange(held / (double)given, 0.9, 1);
        // The whole course alone, without its latest part: 0.20, 0.34, 0.63.
        Assert.All(errors, e => Assert.InRange(Median(e.Value), 0, e.Key == 0.5 ? 0.3 : 0.5));
    }

    [Fact]
    public void What_the_sun_charges_through_winters_is_never_called_replaced()
    {
        foreach (var kind in MadeUpKind.All.Where(k => k.IsSolar))
        {
            var (policy, devices) = kind.Fleet(2, 2);
            foreach (var device in devices)
                Assert.DoesNotContain(Observe(kind, policy, device), s => s.Kind == AlertKind.BatteryReplaced);
        }
    }

    private static List<Signal> Observe(MadeUpKind kind, DetectionPolicy policy, MadeUpDevice device)
    {
        DetectionState state = default;
        var signals = new List<Signal>();
        foreach (var reading in device.Readings)
            Detectors.Observe(policy, ref state, kind.Sent(in reading), reading.At, signals);
        return signals;
    }

    private sealed record Life(DateTimeOffset LowAt, IReadOnlyList<(double Stage, DateTimeOffset At, Forecast Low)> Forecasts);

    /// <summary>The lives of a kind that came down to low by the median of a day of readings, each foretold without what earlier ones taught.</summary>
    private static IEnumerable<Life> Lives(MadeUpKind kind)
    {
        var (policy, devices) = kind.Fleet(1, Devices);
        foreach (var device in devices)
        {
            DetectionState state = default;
            var cuts = device.Happenings.Where(h => h.What == Happening.Swapped).Select(h => h.At).Append(DateTimeOffset.MaxValue);
            var from = 0;
            foreach (var cut in cuts)
            {
                var readings = device.Readings.Skip(from).TakeWhile(r => r.At < cut).ToList();
                from += readings.Count;
                var drained = device.Happenings.Any(h => h.What == Happening.Drains && readings.Count > 0 && h.At >= readings[0].At && h.At < cut);
                var low = drained ? -1 : Crossing(readings, policy.Battery.LowVoltage!.Value);
                var forecasts = new List<(double, DateTimeOffset, Forecast)>();
                for (var i = 0; i < readings.Count; i++)
                {
                    foreach (var stage in (ReadOnlySpan<double>)[0.5, 0.75, 0.9])
                    {
                        if (low > 2 * Window && i == (int)(stage * low) && BatteryForecast.Of(policy, in state).Low is { } forecast)
                            forecasts.Add((stage, readings[i].At, forecast));
                    }
                    Detectors.Observe(policy, ref state, kind.Sent(readings[i]), readings[i].At, []);
                    state.Lives = default;
                }
                if (low > 2 * Window)
                    yield return new(readings[low].At, forecasts);
            }
        }
    }

    private static int Crossing(List<MadeUpReading> readings, double threshold)
    {
        for (var i = Window; i < readings.Count; i++)
        {
            if (readings[i].Level <= threshold && Median(readings.Skip(i - Window + 1).Take(Window).Select(r => r.Level)) <= threshold)
                return i;
        }
        return -1;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
