using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Connectivity;

/// <summary>
/// How a device usually reports: the latest <see cref="RecentIntervals"/> intervals say what is usual now, a long fading
/// memory says how late it is at worst.
/// </summary>
internal struct ReportingRhythm
{
    public const int RecentIntervals = 64;

    /// <summary>Intervals of silence that losses never explain: even at one in two lost, 14 in a row happen once in 16,000.</summary>
    private const double MostIntervalsLossy = 14;

    /// <summary>The same for a device that loses nothing: its long pauses are its rhythm.</summary>
    private const double MostIntervals = 19;

    /// <summary>The same for a device that is in and out all the time, and has an alert that says so.</summary>
    private const double MostIntervalsFlapping = 16;

    private const double FewestIntervals = 2.5;
    private const double FewestIntervalsAtFirst = 6;

    /// <summary>Messages assumed lost before any evidence: few intervals seen prove little.</summary>
    private const double PriorLosses = 8;

    /// <summary>Losses come in bursts, so that the learned tail is stretched.</summary>
    private const double Burstiness = 1.3;

    /// <summary>From this share on long pauses are losses rather than the device's own rhythm.</summary>
    private const double Lossy = 0.2;

    private const int CodesPerOctave = 12;

    private IntervalHistogram _memory;
    private Codes _recent;
    private int _count;
    private float _median;
    private float _upperQuartile;
    private float _third;
    private float _thirtieth;
    private float _often;
    private float _rare;
    private float _longest;

    /// <summary>Intervals learned from.</summary>
    public readonly int Count => _count;

    /// <summary>Median of the recent intervals, seconds; 0 = nothing learned.</summary>
    public readonly double MedianSeconds => _median;

    /// <summary>Takes an interval in; false when it repeats a message rather than being an interval (under 2 % of the upper quartile).</summary>
    public bool Learn(double seconds)
    {
        if (seconds <= 0 || seconds < 0.02 * _upperQuartile)
            return false;
        seconds = Math.Clamp(seconds, 0.25, IntervalHistogram.LongestSeconds);
        _memory.Add(seconds);
        _recent[_count % RecentIntervals] = (byte)Math.Round((Math.Log2(seconds) + 1) * CodesPerOctave + 12);
        _count = _count == int.MaxValue ? RecentIntervals * 1000 : _count + 1;
        if (_count < RecentIntervals || _count % 8 == 0)
            Refresh();
        return true;
    }

    /// <summary>The silence that chance explains no more often than the budget allows, seconds.</summary>
    /// <param name="usualSeconds">The interval to expect: the declared one, or the median.</param>
    /// <param name="falseAlarmsPerDay">The budget.</param>
    /// <param name="lossShare">Share of messages lost of late by the counter; 0 where there is none.</param>
    /// <param name="flapping">A flapping alert is open.</param>
    /// <remarks>
    /// Two tails, the longer one counts. What no interval seen so far excludes: with <c>k</c> of <c>n</c> messages lost the
    /// chance of <c>j</c> losses in a row is <c>(k/n)^j</c>. What was seen: the third longest interval, and from there an
    /// exponential tail as steep as between the thirtieth and the third.
    /// </remarks>
    public readonly double TimeoutSeconds(double usualSeconds, double falseAlarmsPerDay, double lossShare, bool flapping)
    {
        var allowed = Math.Max(falseAlarmsPerDay * usualSeconds / 86400, 1e-12);
        var n = _memory.Count;
        var chance = Math.Clamp(PriorLosses / (n + 20), lossShare, Math.Max(0.3, lossShare));
        var lossy = lossShare >= Lossy;
        var timeout = usualSeconds * (1 + Math.Log(allowed) / Math.Log(chance));
        if (n > RecentIntervals)
        {
            var slope = Math.Max(0, _third - _thirtieth) / Math.Log(10);
            timeout = Math.Max(timeout, 1.1 * _third + slope * Math.Max(0, Math.Log(3 / n / allowed))) * Burstiness;
        }
        else
        {
            timeout = Math.Max(Math.Max(timeout, 1.5 * _longest), FewestIntervalsAtFirst * usualSeconds);
        }
        var most = (flapping && lossy ? MostIntervalsFlapping : lossy ? MostIntervalsLossy : MostIntervals) * usualSeconds;
        if (!lossy && IsBursty(usualSeconds))
            most = Math.Max(most, 3 * _rare);
        return Math.Clamp(timeout, FewestIntervals * usualSeconds, most);
    }

    /// <summary>Long pauses are part of the rhythm: one interval in twenty is ten times the usual one or more.</summary>
    private readonly bool IsBursty(double usualSeconds) => _count >= 8 && _often > 10 * usualSeconds;

    private void Refresh()
    {
        Span<byte> sorted = stackalloc byte[RecentIntervals];
        var n = Math.Min(_count, RecentIntervals);
        ((ReadOnlySpan<byte>)_recent)[..n].CopyTo(sorted);
        sorted[..n].Sort();
        _median = Seconds(sorted[n / 2]);
        _upperQuartile = Seconds(sorted[n * 3 / 4]);
        _longest = (float)_memory.Longest(1);
        _third = (float)_memory.Longest(3);
        _thirtieth = (float)_memory.Longest(30);
        _often = (float)_memory.Longest(Math.Max(2, 0.05 * _memory.Count));
        _rare = (float)_memory.Longest(Math.Max(1, 0.01 * _memory.Count));
    }

    private static float Seconds(byte code) => (float)Math.Pow(2, (code - 12) / (double)CodesPerOctave - 1);

    [InlineArray(RecentIntervals)]
    private struct Codes
    {
        private byte _first;
    }
}
