using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// The course of one battery's life in <see cref="Points"/> points at most: when the room is used up, neighbours are merged
/// and the step doubles, so that the resolution is always a small part of the battery's age, whatever that is.
/// </summary>
internal struct BatteryLife
{
    public const int Points = 64;

    /// <summary>No more readings are counted.</summary>
    public const int MostSamples = 1_000_000;
    private const long DayMilliseconds = 86_400_000;

    /// <summary>When this life began, Unix milliseconds; 0 = no battery seen.</summary>
    public long StartedAt;

    /// <summary>Width of a point, milliseconds.</summary>
    public long Width;
    private Levels _levels;
    private float _sum;
    private int _inPoint;
    private int _point;

    /// <summary>Unit of the levels: 0 volts, 1 percent.</summary>
    public int Unit;

    /// <summary>Level of the first readings.</summary>
    public float First;

    /// <summary>Lowest level so far, smoothed.</summary>
    public float Lowest;

    /// <summary>Level of the latest two dozen readings, smoothed: what a sudden change is measured against.</summary>
    public float Reference;

    /// <summary>Readings in a row far above <see cref="Reference"/>: another battery.</summary>
    public int Jumped;

    /// <summary>Readings in a row far above <see cref="Lowest"/>: charged.</summary>
    public int Risen;

    /// <summary>Readings in a row far below <see cref="Reference"/>: drained all of a sudden.</summary>
    public int Fallen;

    /// <summary>Readings in this life, capped.</summary>
    public int Samples;

    /// <summary>Times it was charged rather than replaced, capped.</summary>
    public int Recharges;

    /// <summary>When <see cref="Fallen"/> began to count, Unix milliseconds.</summary>
    public long FallenSince;

    /// <summary>When the level stepped up at once and stayed there, Unix milliseconds; 0 = it did not.</summary>
    public long SteppedSince;

    /// <summary>The level before the latest one.</summary>
    public float Previous;

    /// <summary>Of a battery that the sun charged since: the day it was first seen, since 1970, and its first level; 0 = of no other.</summary>
    private ushort _bornDay;
    private Half _bornLevel;

    public void Begin(long at, float level, long width, int unit)
    {
        var recharges = Recharges;
        this = default;
        (StartedAt, Width, Unit, First, Lowest, Reference, Recharges) = (at, Math.Max(1000, width), unit, level, level, level, recharges);
        ((Span<float>)_levels).Fill(float.NaN);
    }

    /// <summary>The same battery comes down anew: the sun has charged it.</summary>
    public void BeginAgain(long at, float level, long width)
    {
        var (born, bornLevel) = ((ushort)Math.Clamp(Since / DayMilliseconds, 1, ushort.MaxValue), (Half)BornLevel);
        Begin(at, level, width, Unit);
        (_bornDay, _bornLevel) = (born, bornLevel);
    }

    /// <summary>Since when this battery is known, Unix milliseconds.</summary>
    public readonly long Since => CameUpAgain ? _bornDay * DayMilliseconds : StartedAt;

    /// <summary>The sun has charged it, so that it comes down for the second time at least.</summary>
    public readonly bool CameUpAgain => _bornDay != 0;

    /// <summary>Its first level, however often it was charged since.</summary>
    public readonly float BornLevel => CameUpAgain ? (float)_bornLevel : First;

    /// <summary>Samples of this battery: those of its latest life, and as many as its earlier ones had time for.</summary>
    public readonly float SamplesSince(long at, float sampleSeconds) => CameUpAgain ? Math.Max(Samples, (at - Since) / 1000f / Math.Max(1, sampleSeconds)) : Samples;

    /// <summary>Takes a level in; true when it begins a new point, that is rarely and ever more rarely.</summary>
    public bool Add(long at, float level)
    {
        var point = (at - StartedAt) / Width;
        if (point < _point)
            return false;
        while (point >= Points)
        {
            Merge();
            point = (at - StartedAt) / Width;
        }
        var begins = point > _point;
        if (begins)
            (_point, _sum, _inPoint) = ((int)point, 0, 0);
        _sum += level;
        _inPoint++;
        _levels[_point] = _sum / _inPoint;
        Samples = Math.Min(Samples + 1, MostSamples);
        Lowest = Math.Min(Lowest, level);
        return begins;
    }

    /// <summary>Copies the points there are: ages in days, and levels. Returns how many.</summary>
    public readonly int Course(Span<double> days, Span<double> levels)
    {
        var n = 0;
        for (var i = 0; i <= _point && Width > 0; i++)
        {
            if (float.IsNaN(_levels[i]))
                continue;
            days[n] = (i + 0.5) * Width / 86_400_000;
            levels[n++] = _levels[i];
        }
        return n;
    }

    private void Merge()
    {
        for (var i = 0; i < Points / 2; i++)
        {
            var (a, b) = (_levels[2 * i], _levels[2 * i + 1]);
            _levels[i] = float.IsNaN(a) ? b : float.IsNaN(b) ? a : (a + b) / 2;
        }
        ((Span<float>)_levels)[(Points / 2)..].Fill(float.NaN);
        Width *= 2;
        _point /= 2;
        (_sum, _inPoint) = float.IsNaN(_levels[_point]) ? (0, 0) : (_levels[_point], 1);
    }

    [InlineArray(Points)]
    private struct Levels
    {
        private float _first;
    }
}
