using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>The level as far as single readings can be trusted: taken under load or in the cold, one or a few of them say nothing.</summary>
internal struct RobustLevel
{
    /// <summary>Readings the median is taken over.</summary>
    public const int Window = 11;

    private const int Fewest = 5;
    private const int SteadyFall = 7;
    private const int SteadyFallAfterPause = 3;
    private const double LeastFall = 0.005;

    private Readings _readings;
    private int _count;
    private float _median;

    /// <summary>A level can be stated: five readings since the latest long pause.</summary>
    public readonly bool IsKnown => _median != 0 || _count >= Fewest;

    public readonly int Count => _count;

    /// <summary>The level, or the latest reading while too few are known: good enough to look at, not to raise an alarm; NaN = none.</summary>
    public readonly float Shown => float.IsNaN(Level) && _count > 0 ? At(0) : Level;

    /// <summary>Trailing median.</summary>
    public readonly float Median => _median;

    /// <summary>
    /// The trailing median, or the latest reading where the readings fall so steadily (each below the one before, 0.5 % and
    /// more in all) that the median would lag behind a level which is really there; NaN = not known.
    /// </summary>
    public readonly float Level
    {
        get
        {
            var n = Math.Min(_count, SteadyFall);
            if (n >= SteadyFallAfterPause && IsSteadyFall(n))
                return At(0);
            return _count >= Fewest ? _median : float.NaN;
        }
    }

    /// <summary>The newest reading as it is; NaN = none.</summary>
    public readonly float Newest => _count > 0 ? At(0) : float.NaN;

    /// <summary>Middle one of the latest three readings; NaN = fewer are known.</summary>
    public readonly float Latest => Middle(0);

    /// <summary>Where the level will be after as many readings again as the median is taken over, if it goes on as it fell over these.</summary>
    public readonly float Ahead => _count < Window ? Latest : Latest - Math.Max(0, Middle(Window - 3) - Latest);

    /// <summary>Forgets the readings before a pause in which the battery may have been changed; the stated level stays until there is a new one.</summary>
    public void Pause() => _count = 0;

    public void Add(double value)
    {
        var (newest, slot) = ((float)value, _count % Window);
        // Where the newest lies on the same side of the median as the one it takes the place of, the median stays.
        var isMoved = _count < Window || !((newest < _median && _readings[slot] < _median) || (newest > _median && _readings[slot] > _median));
        _readings[slot] = newest;
        _count = _count == int.MaxValue ? Window * 1000 : _count + 1;
        if (isMoved && _count >= Fewest)
            _median = MedianOf(((ReadOnlySpan<float>)_readings)[..Math.Min(_count, Window)]);
    }

    /// <summary>By insertion: for a dozen readings half the time of a general sort.</summary>
    private static float MedianOf(ReadOnlySpan<float> readings)
    {
        Span<float> sorted = stackalloc float[Window];
        for (var n = 0; n < readings.Length; n++)
        {
            var (reading, at) = (readings[n], n);
            for (; at > 0 && sorted[at - 1] > reading; at--)
                sorted[at] = sorted[at - 1];
            sorted[at] = reading;
        }
        var half = readings.Length / 2;
        return readings.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private readonly float Middle(int back)
    {
        if (_count < back + 3)
            return float.NaN;
        var (a, b, c) = (At(back), At(back + 1), At(back + 2));
        return Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
    }

    private readonly bool IsSteadyFall(int n)
    {
        if (!(At(n - 1) - At(0) >= LeastFall * At(n - 1)))
            return false;
        for (var i = 0; i + 1 < n; i++)
        {
            if (At(i) >= At(i + 1))
                return false;
        }
        return true;
    }

    /// <summary>The reading <paramref name="back"/> readings ago.</summary>
    private readonly float At(int back) => _readings[(_count - 1 - back) % Window];

    [InlineArray(Window)]
    private struct Readings
    {
        private float _first;
    }
}
