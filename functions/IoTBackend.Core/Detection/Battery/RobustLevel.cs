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

    /// <summary>Forgets the readings before a pause in which the battery may have been changed; the stated level stays until there is a new one.</summary>
    public void Pause() => _count = 0;

    public void Add(double value)
    {
        _readings[_count % Window] = (float)value;
        _count = _count == int.MaxValue ? Window * 1000 : _count + 1;
        if (_count < Fewest)
            return;
        Span<float> sorted = stackalloc float[Window];
        var n = Math.Min(_count, Window);
        ((ReadOnlySpan<float>)_readings)[..n].CopyTo(sorted);
        sorted[..n].Sort();
        _median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }

    private readonly bool IsSteadyFall(int n)
    {
        for (var i = 0; i + 1 < n; i++)
        {
            if (At(i) >= At(i + 1))
                return false;
        }
        return At(n - 1) - At(0) >= LeastFall * At(n - 1);
    }

    /// <summary>The reading <paramref name="back"/> readings ago.</summary>
    private readonly float At(int back) => _readings[(_count - 1 - back) % Window];

    [InlineArray(Window)]
    private struct Readings
    {
        private float _first;
    }
}
