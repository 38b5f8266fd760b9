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
}

/// <param name="Kind">What.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Heard">Of <see cref="Trouble.Bad"/>, the share that gets through.</param>
internal sealed record Mishap(Trouble Kind, TimeSpan From, TimeSpan Until, double Heard = 0);

/// <summary>A device that never was, and what is heard of it.</summary>
internal sealed class MadeUpDevice(string id, TimeSpan interval)
{
    public string Id { get; } = id;

    public TimeSpan Interval { get; } = interval;

    public double Jitter { get; init; } = 0.05;

    public double Loss { get; init; }

    public bool HasCounter { get; init; }

    public bool HasSignal { get; init; }

    public bool HasVoltage { get; init; }

    public List<Mishap> Mishaps { get; } = [];

    /// <summary>Arrivals, filled by <see cref="Live"/>.</summary>
    public List<TimeSpan> Heard { get; } = [];

    public IEnumerable<(TimeSpan At, Reading Reading)> Live(Random random, TimeSpan until)
    {
        var (sequence, image, wasGone) = (random.Next(1000), 0, false);
        for (var at = random.NextDouble() * Interval; at < until; at += Interval * (1 + Jitter * (random.NextDouble() - 0.5)))
        {
            var now = Mishaps.Where(m => m.From <= at && at < m.Until).ToList();
            if (now.Any(m => m.Kind is Trouble.Hang or Trouble.Restart or Trouble.Power or Trouble.Update or Trouble.Away))
            {
                wasGone |= now.Any(m => m.Kind is Trouble.Restart or Trouble.Power or Trouble.Update);
                continue;
            }
            (sequence, wasGone) = (wasGone ? 1 : sequence + 1, false);
            image += Mishaps.Any(m => m.Kind == Trouble.Update && m.From - at < Interval && m.From > at) ? 1 : 0;
            var weak = Mishaps.Any(m => m.Kind == Trouble.Link && at < m.From && m.From - at < 60 * Interval);
            var loss = now.Where(m => m.Kind == Trouble.Bad).Select(m => 1 - m.Heard).Append(weak ? Math.Max(Loss, 0.15) : Loss).Max();
            if (now.Any(m => m.Kind is Trouble.Gateway or Trouble.Link) || random.NextDouble() < loss)
                continue;
            Heard.Add(at);
            yield return (at, new()
            {
                Sequence = HasCounter ? sequence : null,
                Rssi = HasSignal ? -80 - (weak ? 14 : 0) + 4 * random.NextDouble() : null,
                BatteryVoltage = HasVoltage ? Voltage(at, until) + 0.01 * random.NextDouble() : null,
                Digest = $"sha256:{image:x64}",
            });
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
