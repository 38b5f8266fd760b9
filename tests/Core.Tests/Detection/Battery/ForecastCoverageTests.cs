using CsCheck;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Battery;

/// <summary>Forecasts on batteries that never were: lives of hours to years, settling, even, accelerating and with a knee, noise and sags.</summary>
public sealed class ForecastCoverageTests
{
    private const int Lives = 250;

    [Fact]
    public void About_nine_intervals_in_ten_hold_the_date_whatever_the_shape_and_the_length_of_the_life()
    {
        var random = new Random(7);
        var (held, given, asked) = (0, 0, 0);
        for (var life = 0; life < Lives; life++)
        {
            foreach (var (forecast, emptyAt) in Live(random))
            {
                asked++;
                if (forecast is null)
                    continue;
                given++;
                held += !(forecast.Earliest > emptyAt) && !(forecast.Latest < emptyAt) ? 1 : 0;
            }
        }
        Assert.True(given >= 0.8 * asked, $"{given} of {asked} got an interval");
        Assert.InRange(held / (double)given, 0.85, 0.96);
    }

    [Fact]
    public void A_lower_level_is_reached_later_and_no_date_is_a_cap() => Gen.Select(Gen.Double[0, 0.4], Gen.Double[0.3, 3], Gen.Double[0, 0.05], Gen.Int[30, 400], Gen.Int[0, 1000]).Sample((fall, power, noise, readings, seed) =>
    {
        var random = new Random(seed);
        var policy = new DetectionPolicy { Battery = new(LowVoltage: 3.3, CriticalVoltage: 3.1), Learned = seed % 2 == 0 ? Taught.Value : null };
        DetectionState state = default;
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < readings; i++)
            Detectors.Observe(policy, ref state, new Reading { BatteryVoltage = 3.6 - fall * Math.Pow(i / 400.0, power) + noise * (random.NextDouble() - 0.5) }, start.AddHours(i), []);
        var (low, critical, empty) = BatteryForecast.Of(policy, in state);
        var given = new[] { low, critical, empty }.OfType<Forecast>().ToList();
        foreach (var of in (Func<Forecast, DateTimeOffset?>[])[f => f.ExpectedAt, f => f.Earliest, f => f.Latest])
        {
            var dates = given.Select(of).ToList();
            Assert.Equal(dates.TakeWhile(d => d is not null), dates.Where(d => d is not null));
            Assert.Equal(dates.Where(d => d is not null).Distinct().Order(), dates.Where(d => d is not null));
            Assert.All(dates, d => Assert.False(d >= start.AddHours(10.99 * readings)));
        }
        Assert.All(given, f => Assert.False(f.Earliest > f.ExpectedAt || f.ExpectedAt > f.Latest));
    });

    /// <summary>Lives of very different lengths that came down to both levels.</summary>
    private static readonly Lazy<LearnedLives> Taught = new(() =>
    {
        var (learned, policy) = (new LearnedLives(), new DetectionPolicy { Battery = new(LowVoltage: 3.3, CriticalVoltage: 3.1) });
        for (var hours = 100; hours < 1000; hours += 150)
        {
            DetectionState state = default;
            for (var i = 0; i < hours; i++)
                Detectors.Observe(policy, ref state, new Reading { BatteryVoltage = 3.6 - 0.6 * i / hours }, new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(i), []);
            learned.Add(in state);
        }
        Assert.Equal((6, 6), (learned.Low.Count, learned.Critical.Count));
        return learned;
    });

    [Fact]
    public void A_life_of_its_own_among_those_of_its_model_counts_once()
    {
        var (policy, state, start) = (new DetectionPolicy { Battery = new(LowVoltage: 3.3) }, default(DetectionState), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        for (var i = 0; i < 800; i++)
            Detectors.Observe(policy, ref state, new Reading { BatteryVoltage = 3.6 - 0.4 * (i < 500 ? i / 500.0 : (i - 500) / 450.0) }, start.AddHours(i), []);
        var learned = new LearnedLives();
        learned.Add(in state);
        Assert.Single(learned.Low);
        Assert.Equal(BatteryForecast.Of(policy, in state), BatteryForecast.Of(policy with { Learned = learned }, in state));
    }

    [Fact]
    public void Lives_of_the_model_that_ended_make_the_next_forecast_better_and_its_interval_hold_the_date()
    {
        var (random, learned) = (new Random(5), new LearnedLives());
        var (before, after, held) = (new List<double>(), new List<double>(), 0);
        for (var life = 0; life < 24; life++)
        {
            var policy = new DetectionPolicy { Battery = new(LowVoltage: 3.0), Learned = LearnedLives.Read(learned.Write()) };
            DetectionState state = default;
            var (start, length) = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(40 * life), 500 + random.Next(200));
            // A knee that no life so far shows: flat for three quarters, then steep.
            for (var i = 0; i < length * 1.05; i++)
            {
                var share = i / (double)length;
                var volts = 3.6 - (share < 0.75 ? 0.1 * share : 0.075 + 2.1 * (share - 0.75)) + 0.004 * (random.NextDouble() - 0.5);
                Detectors.Observe(policy, ref state, new Reading { BatteryVoltage = volts }, start.AddHours(i), []);
                if (i == length * 6 / 10 && BatteryForecast.Of(policy, in state).Low is { ExpectedAt: { } expected } low)
                {
                    (life < 4 ? before : after).Add(Math.Abs((expected - start.AddHours(length)).TotalHours));
                    held += life >= 4 && !(low.Earliest > start.AddHours(length)) && !(low.Latest < start.AddHours(length)) ? 1 : 0;
                }
            }
            learned.Add(in state);
        }
        Assert.InRange(after.Average(), 0, 80);
        Assert.InRange(held, 0.85 * after.Count, after.Count);
        Assert.InRange(after.Count, 18, 20);
    }

    /// <summary>Forecasts of the low level at 50, 75 and 90 % of the way to it, and when it is reached.</summary>
    private static List<(Forecast? Forecast, DateTimeOffset LowAt)> Live(Random random)
    {
        var interval = TimeSpan.FromSeconds(Math.Exp(random.NextDouble() * Math.Log(3600 / 10.0)) * 10);
        var readings = random.Next(300, 3000);
        double start = 60 + 40 * random.NextDouble(), power = Math.Exp((random.NextDouble() - 0.3) * 1.3), knee = random.NextDouble() < 0.3 ? 0.6 + 0.3 * random.NextDouble() : 1;
        double noise = 0.2 + 1.5 * random.NextDouble(), sag = random.NextDouble() < 0.3 ? 5 : 0;
        double Level(double share) => start + (20 - start) * (knee < 1 && share > knee ? 0.6 + 0.4 * (share - knee) / (1 - knee) : (knee < 1 ? 0.6 : 1) * Math.Pow(share / knee, power));
        var policy = new DetectionPolicy();
        DetectionState state = default;
        var signals = new List<Signal>();
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var (lowAt, result) = (now + readings * interval, new List<(Forecast?, DateTimeOffset)>());
        for (var i = 1; i < readings; i++)
        {
            now += interval;
            var level = Level(i / (double)readings) + noise * (random.NextDouble() - 0.5) - (random.NextDouble() < 0.05 ? sag : 0);
            var reading = new Reading { BatteryPercent = Math.Clamp(level, 0, 100) };
            Detectors.Observe(policy, ref state, in reading, now, signals);
            if (i == readings / 2 || i == readings * 3 / 4 || i == readings * 9 / 10)
                result.Add((BatteryForecast.Of(policy, in state).Low, lowAt));
        }
        return result;
    }
}
