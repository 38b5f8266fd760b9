using CsCheck;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection;

/// <summary>What holds for any sequence of readings: in any order, repeated, delayed, absurd.</summary>
public sealed class DetectorProperties
{
    private static readonly Gen<double?> Level = Gen.OneOf(Gen.Double[0, 100].Select(x => (double?)x), Gen.Const((double?)null), OneOf<double?>(0, 100, 3.2, 2.7, double.NaN, double.MaxValue));

    private static readonly Gen<Reading> Readings =
        from time in Gen.OneOf(Gen.Const((DateTimeOffset?)null), Gen.Long[0, 4_000_000_000_000].Select(x => (DateTimeOffset?)DateTimeOffset.FromUnixTimeMilliseconds(x)))
        from sequence in Gen.OneOf(Gen.Const((long?)null), Gen.Long[-5, 300].Select(x => (long?)x), Gen.Long.Select(x => (long?)x))
        from volts in Level
        from percent in Level
        from rssi in Level
        from charging in OneOf<bool?>(null, null, true, false)
        from next in Gen.OneOf(Gen.Const((TimeSpan?)null), Gen.Long[-10, 1_000_000].Select(x => (TimeSpan?)TimeSpan.FromSeconds(x)))
        from text in Gen.OneOf(Gen.Const((string?)null), Gen.String[Gen.Char['a', 'z'], 0, 200].Select(x => (string?)x))
        from celsius in Level
        select new Reading
        {
            Time = time,
            Sequence = sequence,
            BatteryVoltage = volts,
            BatteryPercent = percent,
            Rssi = -rssi,
            Charging = charging,
            Next = next,
            Gateway = text,
            Track = text,
            Digest = text,
            TemperatureCelsius = celsius,
        };

    /// <summary>Seconds since the reading before, sometimes negative: the hub's clocks differ between partitions.</summary>
    private static readonly Gen<(double Gap, Reading Reading)[]> Courses =
        Gen.Select(Gen.OneOf(Gen.Double[0, 120], Gen.Const(60.0), Gen.Const(0.0), Gen.Double[-100, 1_000_000]), Readings).Array[0, 150];

    private static readonly Gen<DetectionPolicy> Policies =
        from interval in OneOf<TimeSpan?>(null, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1))
        from chemistry in OneOf<string?>(null, "li-ion", "alkaline")
        from low in OneOf<double?>(null, 3.2)
        select new DetectionPolicy { ReportingInterval = interval, ServiceInterval = TimeSpan.FromDays(30), Battery = new(chemistry, low, low - 0.2, 30, 10) };

    [Fact]
    public void Nothing_makes_a_detector_throw_or_its_state_grow_over_the_bound() => Gen.Select(Policies, Courses).Sample((policy, course) =>
    {
        var (state, _) = Run(policy, course, default, 0);
        Assert.InRange(state.Write(new byte[DetectionState.MaxBytes]), 1, DetectionState.MaxBytes);
        _ = state.Health(policy, WatchedDevice.Start);
    });

    [Fact]
    public void An_alert_opens_and_clears_in_turn_and_never_both_within_one_reading() => Gen.Select(Policies, Courses).Sample((policy, course) =>
    {
        var (_, steps) = Run(policy, course, default, 0);
        var open = new HashSet<AlertKind>();
        foreach (var step in steps)
        {
            foreach (var signal in step)
            {
                Assert.True(signal.Change == AlertChange.Opened ? open.Add(signal.Kind) : signal.Change == AlertChange.Revised ? open.Contains(signal.Kind) : open.Remove(signal.Kind));
            }
            foreach (var kind in step.Where(s => s.Kind != AlertKind.BatteryReplaced).GroupBy(s => s.Kind))
                Assert.True(kind.Count(s => s.Change != AlertChange.Revised) <= 1);
        }
    });

    [Fact]
    public void Storing_and_reading_the_state_in_between_changes_nothing() => Gen.Select(Policies, Courses, Gen.Int[0, 150]).Sample((policy, course, cut) =>
    {
        cut = Math.Min(cut, course.Length);
        var (whole, all) = Run(policy, course, default, 0);
        var (half, first) = Run(policy, course[..cut], default, 0);
        var (rest, second) = Run(policy, course[cut..], Restore(half), course[..cut].Sum(c => c.Gap));
        Assert.Equal(all.SelectMany(s => s).Select(Text), first.Concat(second).SelectMany(s => s).Select(Text));
        Assert.Equal(Bytes(whole), Bytes(rest));
    });

    [Fact]
    public void The_due_time_is_never_later_than_the_first_thing_judging_would_say() => Gen.Select(Policies, Courses, Gen.Double[0, 1]).Sample((policy, course, share) =>
    {
        var (state, _) = Run(policy, course, default, 0);
        if (Detectors.DueAt(policy, in state) is not { } due || state.LastSeen is not { } seen)
            return;
        var signals = new List<Signal>();
        var copy = state;
        Detectors.Judge(policy, ref copy, seen + (due - seen) * share - TimeSpan.FromMilliseconds(1), DateTimeOffset.MinValue, signals);
        Assert.Empty(signals);
        Assert.Equal(state.Status, copy.Status);
    });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static (DetectionState, List<List<Signal>>) Run(DetectionPolicy policy, (double Gap, Reading Reading)[] course, DetectionState state, double seconds)
    {
        var steps = new List<List<Signal>>();
        foreach (var (gap, reading) in course)
        {
            seconds += gap;
            var now = WatchedDevice.Start.AddSeconds(seconds);
            for (var i = 0; i < 3 && Detectors.DueAt(policy, in state) is { } due && due < now; i++)
            {
                var judged = new List<Signal>();
                Detectors.Judge(policy, ref state, due, DateTimeOffset.MinValue, judged);
                steps.Add(judged);
            }
            var signals = new List<Signal>();
            Detectors.Observe(policy, ref state, in reading, now, signals);
            steps.Add(signals);
        }
        return (state, steps);
    }

    private static DetectionState Restore(DetectionState state) => DetectionState.Read(Bytes(state));

    private static byte[] Bytes(DetectionState state)
    {
        var bytes = new byte[DetectionState.MaxBytes];
        return bytes[..state.Write(bytes)];
    }

    private static string Text(Signal signal) => $"{signal.Kind} {signal.Change} {signal.RaisedAt:O} {signal.At:O} {signal.Cause} {signal.Summary}";
}
