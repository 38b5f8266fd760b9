using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// How a device usually reports: the latest <see cref="RecentIntervals"/> intervals say what is usual now, a long fading
/// memory, in units of what was usual then, says how late it is at worst.
/// </summary>
internal struct ReportingRhythm
{
    public const int RecentIntervals = 64;

    /// <summary>Longest interval told apart, seconds: 12 days.</summary>
    private const double LongestSeconds = 1 << 20;

    private const int CodesPerOctave = 12;

    /// <summary>Intervals in a row that agree within a quarter are the rhythm, whatever was before: by chance exponential ones do so once in a million.</summary>
    private const int SteadyIntervals = 8;
    private const double SteadyWithin = 0.25;

    /// <summary>Share of the upper quartile below which a message comes too soon to be an interval.</summary>
    private const double RepeatWithin = 0.02;

    /// <summary>From so many intervals on a device may have kept what it could not send.</summary>
    private const double Silence = 3;

    private static readonly float[] SecondsByCode = [.. Enumerable.Range(0, 256).Select(code => (float)Math.Pow(2, (code - 12) / (double)CodesPerOctave - 1))];

    private IntervalHistogram _memory;
    private Codes _recent;
    private int _count;
    private float _median;
    private float _upperQuartile;
    private float _steadySeconds;
    private int _steady;

    /// <summary>The interval that is usual now: what the latest ones agree on, else the median of the recent ones, seconds; 0 = nothing learned.</summary>
    public readonly double UsualSeconds => _steady >= SteadyIntervals ? _steadySeconds : _median;

    /// <summary>Upper quartile of the recent intervals, seconds.</summary>
    public readonly double UpperQuartileSeconds => _upperQuartile;

    /// <summary>How late the device was at worst.</summary>
    public IntervalTail Tail;

    /// <summary>Messages in a row that came as soon as repeats do. As many as are remembered are no repeats: the device reports faster than before.</summary>
    private short _soon;

    /// <summary>Messages that a device may have kept in its latest silence and sends now, as fast as it can: no faster rhythm either.</summary>
    private short _kept;

    /// <summary>So soon after the one before that it repeats it, or was kept: no interval.</summary>
    public readonly bool IsSoon(double seconds) => seconds < RepeatWithin * _upperQuartile;

    /// <summary>Takes an interval in; false when it repeats a message rather than being an interval (under 2 % of the upper quartile).</summary>
    /// <param name="seconds">The interval.</param>
    /// <param name="expectedSeconds">What was expected: announced, declared or usual; 0 = nothing.</param>
    public bool Learn(double seconds, double expectedSeconds)
    {
        var isSoon = IsSoon(seconds);
        var isKept = isSoon && _kept > 0;
        _soon = isKept ? _soon : isSoon ? (short)Math.Min(_soon + 1, RecentIntervals) : (short)0;
        _kept -= isKept ? (short)1 : (short)0;
        if (seconds <= 0 || isKept || _soon is > 0 and < RecentIntervals)
            return false;
        seconds = Math.Clamp(seconds, 0.25, LongestSeconds);
        _memory.Add(expectedSeconds > 0 ? seconds / expectedSeconds : 1);
        _recent[_count % RecentIntervals] = (byte)Math.Round((Math.Log2(seconds) + 1) * CodesPerOctave + 12);
        _count = _count == int.MaxValue ? RecentIntervals * 1000 : _count + 1;
        _steady = Math.Abs(seconds - _steadySeconds) <= SteadyWithin * _steadySeconds ? Math.Min(_steady + 1, RecentIntervals) : 1;
        _steadySeconds += (float)(seconds - _steadySeconds) / _steady;
        if (_count < RecentIntervals || _count % 8 == 0)
            Refresh();
        return true;
    }

    /// <summary>After a silence, whatever was the cause: as many messages as were due in it may have been kept.</summary>
    public void WasSilent(double seconds) => _kept = seconds < Silence * UsualSeconds || UsualSeconds == 0 ? _kept : (short)Math.Min(1.2 * seconds / UsualSeconds, short.MaxValue);

    private void Refresh()
    {
        Span<byte> sorted = stackalloc byte[RecentIntervals];
        var n = Math.Min(_count, RecentIntervals);
        ((ReadOnlySpan<byte>)_recent)[..n].CopyTo(sorted);
        sorted[..n].Sort();
        _median = SecondsByCode[sorted[(n - 1) / 2]];
        _upperQuartile = SecondsByCode[sorted[n * 3 / 4]];
        Tail = IntervalTail.Of(in _memory);
    }

    [InlineArray(RecentIntervals)]
    private struct Codes
    {
        private byte _first;
    }
}
