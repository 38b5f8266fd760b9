using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Connectivity;

/// <summary>
/// How a device usually reports: the distribution of the times between its arrivals, with a short memory (the latest
/// <see cref="RecentGaps"/> intervals) for what is usual now and a long, fading one for how late it is at worst.
/// </summary>
internal struct ReportingRhythm
{
    public const int RecentGaps = 64;

    private const int BinsPerOctave = 4;
    private const int CodesPerOctave = 10;
    private const double LongestSeconds = 1 << 24;
    private const float Memory = 2000;

    private Bins _bins;
    private Codes _recent;
    private float _weight;
    private float _total;
    private int _count;
    private float _medianSeconds;
    private float _upperQuartileSeconds;
    private float _tailStartSeconds;
    private float _tailScaleSeconds;
    private float _meanSeconds;

    /// <summary>Intervals learned from.</summary>
    public readonly int Count => _count;

    /// <summary>Median of the recent intervals, seconds; 0 = nothing learned.</summary>
    public readonly double MedianSeconds => _medianSeconds;

    /// <summary>Takes an interval in; false when it is a repeat of a message rather than an interval (under 2 % of the upper quartile).</summary>
    public bool Learn(double seconds)
    {
        if (seconds <= 0 || seconds < 0.02 * _upperQuartileSeconds)
            return false;
        seconds = Math.Clamp(seconds, 0.25, LongestSeconds);
        _weight = _weight == 0 ? 1 : _weight * (1 + 1 / Memory);
        var octaves = Math.Log2(seconds) + 2;
        _bins[(int)(octaves * BinsPerOctave)] += _weight;
        _total += _weight;
        _recent[_count % RecentGaps] = (byte)Math.Round(octaves * CodesPerOctave - 5);
        _count = _count == int.MaxValue ? RecentGaps * (int.MaxValue / RecentGaps) : _count + 1;
        if (_weight > 1e6f)
            Rescale();
        if (_count < RecentGaps || _count % 8 == 0)
            Refresh();
        return true;
    }

    /// <summary>The silence that chance explains no more often than the budget allows, seconds.</summary>
    /// <remarks>The tail beyond the 90th percentile is taken as exponential, which is what independent losses make of any regular rhythm.</remarks>
    public readonly double TimeoutSeconds(double falseAlarmsPerDay)
    {
        if (_count == 0)
            return 0;
        var share = falseAlarmsPerDay * _meanSeconds / 86400;
        var beyond = Math.Max(0, Math.Log(0.1 / Math.Max(share, 1e-12)));
        return _tailStartSeconds + _tailScaleSeconds * beyond;
    }

    private void Rescale()
    {
        for (var i = 0; i < Bins.Length; i++)
            _bins[i] /= _weight;
        _total /= _weight;
        _weight = 1;
    }

    private void Refresh()
    {
        Span<byte> sorted = stackalloc byte[RecentGaps];
        var n = Math.Min(_count, RecentGaps);
        ((ReadOnlySpan<byte>)_recent)[..n].CopyTo(sorted);
        sorted[..n].Sort();
        _medianSeconds = Seconds(sorted[n / 2]);
        _upperQuartileSeconds = Seconds(sorted[n * 3 / 4]);
        _tailStartSeconds = (float)Math.Max(Quantile(0.9), _medianSeconds);
        _tailScaleSeconds = (float)Math.Max((Quantile(0.99) - _tailStartSeconds) / Math.Log(10), 0.1 * _medianSeconds);
        _meanSeconds = _medianSeconds;
    }

    private static float Seconds(byte code) => (float)Math.Pow(2, (code + 5) / (double)CodesPerOctave - 2);

    private readonly double Quantile(double share)
    {
        var wanted = share * _total;
        for (var i = 0; i < Bins.Length; i++)
        {
            if (_bins[i] >= wanted && _bins[i] > 0)
                return Math.Pow(2, (i + wanted / _bins[i]) / BinsPerOctave - 2);
            wanted -= _bins[i];
        }
        return LongestSeconds;
    }

    [InlineArray(Length)]
    private struct Bins
    {
        public const int Length = 26 * BinsPerOctave + 1;
        private float _first;
    }

    [InlineArray(RecentGaps)]
    private struct Codes
    {
        private byte _first;
    }
}
