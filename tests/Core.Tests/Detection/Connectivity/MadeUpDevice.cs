using IoTBackend.Core.Readings;

namespace Core.Tests.Detection.Connectivity;

/// <summary>What happens to a made-up device.</summary>
internal enum Trouble
{
    /// <summary>What the site shares fails: its devices go on sending, unheard.</summary>
    Gateway,

    /// <summary>The same of one device, whose signal fell before.</summary>
    Link,

    /// <summary>It sends nothing; its counter stands still.</summary>
    Hang,

    /// <summary>It is gone and starts over.</summary>
    Restart,

    /// <summary>Its battery came down, and is replaced.</summary>
    Power,

    /// <summary>It switched to another image just before, and starts over.</summary>
    Update,

    /// <summary>Put away for a season: nobody's fault.</summary>
    Away,

    /// <summary>Its site is heard badly: a share gets through.</summary>
    Bad,

    /// <summary>The site is without power: all of it is gone, and starts over.</summary>
    Cut,

    /// <summary>Its clock is off by <see cref="Mishap.Off"/>.</summary>
    Clock,
}

/// <param name="Kind">What.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Heard">Of <see cref="Trouble.Bad"/>, the share that gets through.</param>
/// <param name="Off">Of <see cref="Trouble.Clock"/>, how far its clock is behind.</param>
internal sealed record Mishap(Trouble Kind, TimeSpan From, TimeSpan Until, double Heard = 0, TimeSpan Off = default);

/// <summary>A device that never was, and what is heard of it.</summary>
internal sealed class MadeUpDevice(string id, TimeSpan interval)
{
    public string Id { get; } = id;

    public TimeSpan Interval { get; } = interval;

    public double Jitter { get; init; } = 0.05;

    public double Loss { get; init; }

    public bool HasCounter { get; init; }

    /// <summary>Its counter begins anew after so many.</summary>
    public long CounterSize { get; init; } = 1L << 32;

    public bool HasSignal { get; init; }

    public bool HasVoltage { get; init; }

    /// <summary>It says when it measured.</summary>
    public bool HasClock { get; init; }

    /// <summary>It keeps what it cannot get rid of while its site is cut off, and sends it a second apart afterwards.</summary>
    public bool Buffers { get; init; }

    /// <summary>Share of messages that arrive twice, and of those that arrive after the next one.</summary>
    public double Muddled { get; init; }

    public List<Mishap> Mishaps { get; } = [];

    /// <summary>Arrivals, filled by <see cref="Live"/>.</summary>
    public List<TimeSpan> Heard { get; } = [];

    /// <summary>Messages that never arrived, those of a silence included; without a counter nobody knows.</summary>
    public long Lost { get; private set; }

    /// <summary>Heard within a day or ten intervals around some time.</summary>
    public bool IsInUse(TimeSpan from, TimeSpan until)
    {
        var near = 10 * Interval > TimeSpan.FromDays(1) ? 10 * Interval : TimeSpan.FromDays(1);
        var next = Heard.BinarySearch(from - near);
        next = next < 0 ? ~next : next;
        return next < Heard.Count && Heard[next] <= until + near;
    }

    public IEnumerable<(TimeSpan At, Reading Reading)> Live(Random random, TimeSpan until)
    {
        var arrivals = Sent(random, until).OrderBy(a => a.At).ToList();
        Heard.AddRange(arrivals.Select(a => a.At));
        return arrivals;
    }

    private IEnumerable<(TimeSpan At, Reading Reading)> Sent(Random random, TimeSpan until)
    {
        var (sequence, image, wasGone, kept) = (random.Next(1000), 0, false, new List<Reading>());
        for (var at = random.NextDouble() * Interval; at < until; at += Interval * (1 + Jitter * (random.NextDouble() - 0.5)))
        {
            var now = Mishaps.Where(m => m.From <= at && at < m.Until).ToList();
            if (now.Any(m => m.Kind is Trouble.Hang or Trouble.Restart or Trouble.Power or Trouble.Update or Trouble.Away or Trouble.Cut))
            {
                wasGone |= now.Any(m => m.Kind is Trouble.Restart or Trouble.Power or Trouble.Update or Trouble.Cut);
                continue;
            }
            (sequence, wasGone) = (wasGone ? 1 : sequence + 1, false);
            image += Mishaps.Any(m => m.Kind == Trouble.Update && m.From - at < Interval && m.From > at) ? 1 : 0;
            var weak = Mishaps.Any(m => m.Kind == Trouble.Link && at < m.From && m.From - at < 60 * Interval);
            var loss = now.Where(m => m.Kind == Trouble.Bad).Select(m => 1 - m.Heard).Append(weak ? Math.Max(Loss, 0.15) : Loss).Max();
            var reading = new Reading
            {
                Time = HasClock ? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + at - now.Where(m => m.Kind == Trouble.Clock).Aggregate(TimeSpan.Zero, (off, m) => off + m.Off) : null,
                Sequence = HasCounter ? sequence % CounterSize : null,
                Rssi = HasSignal ? -80 - (weak ? 14 : 0) + 4 * random.NextDouble() : null,
                BatteryVoltage = HasVoltage ? Voltage(at, until) + 0.01 * random.NextDouble() : null,
                Digest = $"sha256:{image:x64}",
            };
            var isCutOff = now.Any(m => m.Kind is Trouble.Gateway or Trouble.Link);
            if (isCutOff && Buffers)
                kept.Add(reading);
            if (isCutOff || random.NextDouble() < loss)
            {
                Lost += HasCounter && !(isCutOff && Buffers) ? 1 : 0;
                continue;
            }
            for (var i = 0; i < kept.Count; i++)
                yield return (at + (i - kept.Count) * TimeSpan.FromSeconds(Math.Min(1, 0.3 * Interval.TotalSeconds / kept.Count)), kept[i]);
            kept.Clear();
            var muddle = Muddled == 0 ? 1 : random.NextDouble() / Muddled;
            yield return (muddle is >= 0.5 and < 1 ? at + 1.2 * Interval : at, reading);
            if (muddle < 0.5)
                yield return (at + TimeSpan.FromSeconds(Math.Min(3, 0.1 * Interval.TotalSeconds)), reading);
        }
    }

    /// <summary>Falls over the time to the next time it is empty.</summary>
    private double Voltage(TimeSpan at, TimeSpan until)
    {
        var empty = Mishaps.FirstOrDefault(m => m.Kind == Trouble.Power && m.From > at);
        var begin = Mishaps.LastOrDefault(m => m.Kind == Trouble.Power && m.Until <= at)?.Until ?? TimeSpan.Zero;
        return empty is null ? 3.6 - 0.2 * (at - begin) / until : 3.6 - 0.95 * Math.Pow((at - begin) / (empty.From - begin), 2);
    }
}
