using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// The course of one battery's life in <see cref="Points"/> points at most: when the room is used up, neighbours are merged
/// and the step doubles, so that the resolution is always a small part of the battery's age, whatever that is.
/// </summary>
internal struct BatteryLife
{
    public const int Points = 64;

    /// <summary>When this life began, Unix milliseconds; 0 = no battery seen.</summary>
    public long StartedAt;

    /// <summary>Width of a point, milliseconds.</summary>
    public long Step;
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

    public void Begin(long at, float level, long step, int unit)
    {
        var recharges = Recharges;
        this = default;
        (StartedAt, Step, Unit, First, Lowest, Reference, Recharges) = (at, Math.Max(1000, step), unit, level, level, level, recharges);
        ((Span<float>)_levels).Fill(float.NaN);
    }

    /// <summary>Takes a level in; true when it begins a new point, that is rarely and ever more rarely.</summary>
    public bool Add(long at, float level)
    {
        var point = (at - StartedAt) / Step;
        if (point < _point)
            return false;
        while (point >= Points)
        {
            Merge();
            point = (at - StartedAt) / Step;
        }
        var begins = point > _point;
        if (begins)
            (_point, _sum, _inPoint) = ((int)point, 0, 0);
        _sum += level;
        _inPoint++;
        _levels[_point] = _sum / _inPoint;
        Samples = Math.Min(Samples + 1, 1_000_000);
        Lowest = Math.Min(Lowest, level);
        return begins;
    }

    /// <summary>Copies the points there are: ages in days, and levels. Returns how many.</summary>
    public readonly int Course(Span<double> days, Span<double> levels)
    {
        var n = 0;
        for (var i = 0; i <= _point && Step > 0; i++)
        {
            if (float.IsNaN(_levels[i]))
                continue;
            days[n] = (i + 0.5) * Step / 86_400_000;
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
        Step *= 2;
        _point /= 2;
        (_sum, _inPoint) = float.IsNaN(_levels[_point]) ? (0, 0) : (_levels[_point], 1);
    }

    [InlineArray(Points)]
    private struct Levels
    {
        private float _first;
    }
}
