using System.Text.Json.Nodes;

namespace IoTBackend.Simulator;

/// <summary>
/// One device as a pure function of its ticks (one per reporting interval): the same seed gives the same life.
/// Percent, volts and degrees move as a small lithium-ion device's do, only faster.
/// </summary>
/// <param name="seed">Of its life.</param>
/// <param name="fault">What is wrong with it.</param>
/// <param name="runs">The image it runs at first; null = none that it names.</param>
/// <param name="isOnMains">It has no battery.</param>
internal sealed class SimulatedDevice(int seed, Fault fault, (string Track, string Digest)? runs = null, bool isOnMains = false)
{
    private const int DecayFrom = 26;
    private const int DecayTo = 4;
    private const int DecayStay = 30;
    private const double DecayStep = 0.75;

    private readonly Random random = new(seed);
    private readonly int phase = seed % 10;
    private double percent = fault == Fault.Battery ? DecayFrom : 70 + seed * 7 % 30;
    private int stayed;
    private int tick;
    private long sequence;
    private int crashesAt = int.MaxValue;

    /// <summary>Digest of the image that runs, by the track it came from.</summary>
    public (string Track, string Digest)? Image { get; private set; } = runs;

    /// <summary>It is told to run another image.</summary>
    public void Install(string track, string digest)
    {
        if (fault != Fault.Lie)
            Image = (track, digest);
        if (fault == Fault.Crash)
            crashesAt = tick + 3;
    }

    /// <summary>The next interval has passed.</summary>
    /// <returns>What the device says; null when nothing is heard of it.</returns>
    public JsonObject? Tick(DateTimeOffset now)
    {
        tick++;
        Drain();
        if (fault == Fault.Reboots && tick % 20 == 0)
            sequence = 0;
        var silent = fault switch
        {
            Fault.DeadZone => (tick + phase) % 80 is >= 16 and < 40,
            Fault.Flapping => (tick + phase) % 20 >= 5,
            Fault.Crash => tick >= crashesAt,
            _ => false,
        };
        // Out of reach it goes on sending, and nobody hears it; the others are off.
        if (fault == Fault.DeadZone || !silent)
            sequence++;
        if (silent)
            return null;
        return fault == Fault.Loss && random.Next(4) == 0 ? null : Reading(now);
    }

    private void Drain()
    {
        percent -= fault == Fault.Battery ? DecayStep : 0.01 * random.NextDouble();
        if (percent >= DecayTo)
            return;
        percent = DecayTo;
        if (++stayed > DecayStay)
            (percent, stayed) = (100, 0);
    }

    private JsonObject Reading(DateTimeOffset now)
    {
        var reading = new JsonObject
        {
            ["ts"] = now.ToString("O"),
            ["seq"] = sequence,
            ["battery"] = new JsonObject
            {
                ["percent"] = Math.Round(Math.Clamp(percent + random.NextDouble() - 0.5, 0, 100), 1),
                ["voltage"] = Math.Round(3.3 + 0.009 * percent + 0.01 * random.NextDouble(), 3),
                ["charging"] = false,
            },
            ["link"] = new JsonObject { ["rssi"] = -60 - seed % 25 - random.Next(5), ["snr"] = 9.5 - random.Next(3) },
            ["metrics"] = new JsonObject { ["temperature"] = Math.Round(21 + 3 * Math.Sin(tick / 20.0) + random.NextDouble(), 1) },
        };
        if (isOnMains)
            reading.Remove("battery");
        if (Image is var (track, digest))
            reading["image"] = new JsonObject { ["track"] = track, ["digest"] = digest };
        return reading;
    }
}
