using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>What a battery's life teaches once it has come down to a level: how long it took, the way it went, and how wrong each estimate was on the way. 48 bytes.</summary>
internal struct LifeLesson
{
    /// <summary>Moments at which the estimates are tried, as shares of the time the life took.</summary>
    public static ReadOnlySpan<double> Origins => [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

    /// <summary>Estimates tried: see <see cref="Expert"/>.</summary>
    public const int Experts = 5;

    private const int Knots = 7;
    private const double ErrorSteps = 40;
    private const sbyte NoError = sbyte.MinValue;
    private const ushort Known = 0x8000;

    /// <summary>From the beginning of the life to the level.</summary>
    public float Days;

    /// <summary>Days since 1970 at which the level was reached.</summary>
    public ushort At;

    /// <summary>Two bits for each origin, ended before its interval and after it; the highest one: they are known. Zeros in what earlier versions stored.</summary>
    private ushort _missed;
    private Shares _shares;
    private Errors _errors;

    public readonly bool IsSame(in LifeLesson other) => At == other.At && Days == other.Days;

    /// <summary>Share of the life's time after which so much of the fall was done.</summary>
    /// <param name="fall">0 at the first level, 1 at the level reached.</param>
    public readonly double TimeShare(double fall)
    {
        var place = Math.Clamp(fall, 0, 1) * (Knots + 1);
        var knot = Math.Min((int)place, Knots);
        var (below, above) = (knot == 0 ? 0 : _shares[knot - 1] / 255.0, knot == Knots ? 1 : _shares[knot] / 255.0);
        return below + (place - knot) * (above - below);
    }

    /// <summary>Natural logarithm of (days it took / days foretold) at an origin; NaN = nothing was foretold.</summary>
    public readonly double Error(Expert expert, int origin) =>
        _errors[(int)expert * Origins.Length + origin] is var error && error == NoError ? double.NaN : error / ErrorSteps;

    public void SetError(Expert expert, int origin, double days, double foretold) => _errors[(int)expert * Origins.Length + origin] =
        double.IsFinite(foretold) && foretold > 0 && days > 0 ? (sbyte)Math.Clamp(Math.Round(Math.Log(days / foretold) * ErrorSteps), -127, 127) : NoError;

    /// <summary>The intervals given on the way are known.</summary>
    public readonly bool HasIntervals => (_missed & Known) != 0;

    /// <summary>The level was reached before the interval given at an origin began.</summary>
    public readonly bool EndedBefore(int origin) => (_missed >> 2 * origin & 1) != 0;

    /// <summary>The interval given at an origin was over when the level was reached.</summary>
    public readonly bool EndedAfter(int origin) => (_missed >> 2 * origin & 2) != 0;

    /// <summary>Remembers where the days it took lay to an interval given; without one nothing was missed.</summary>
    public void SetInterval(int origin, double days, double earliest, double latest) =>
        _missed |= (ushort)(Known | (days < earliest ? 1 : days > latest ? 2 : 0) << 2 * origin);

    /// <summary>Remembers the way: the share of the time after which each eighth of the fall was done for the first time.</summary>
    public void SetWay(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double first, double level)
    {
        for (int knot = 0, i = 0; knot < Knots; knot++)
        {
            while (i < days.Length - 1 && (first - levels[i]) / (first - level) < (knot + 1.0) / (Knots + 1))
                i++;
            _shares[knot] = (byte)Math.Clamp(Math.Round(255 * days[i] / Days), 1, 255);
        }
    }

    [InlineArray(Knots)]
    private struct Shares
    {
        private byte _first;
    }

    [InlineArray(Experts * 6)]
    private struct Errors
    {
        private sbyte _first;
    }
}

/// <summary>Ways to estimate when a level is reached.</summary>
internal enum Expert
{
    /// <summary>The shapes fitted to the life so far.</summary>
    Shapes,

    /// <summary>A straight line through its latest part.</summary>
    Line,

    /// <summary>The way and the length of earlier lives.</summary>
    Lives,

    /// <summary>The time of year at which earlier lives ended.</summary>
    Season,

    /// <summary>All of them together.</summary>
    Together,
}
