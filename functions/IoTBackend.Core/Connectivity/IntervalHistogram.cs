using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Connectivity;

/// <summary>Fading histogram of intervals on a logarithmic scale, six bins per octave (12 %) from 1 s to 2^20 s (12 days).</summary>
internal struct IntervalHistogram
{
    public const double LongestSeconds = 1 << 20;

    private const int BinsPerOctave = 6;
    private const float Memory = 5000;

    private Bins _bins;
    private float _weight;
    private float _total;

    /// <summary>Intervals remembered, faded ones counted in part.</summary>
    public readonly double Count => _weight == 0 ? 0 : _total / _weight;

    public void Add(double seconds)
    {
        // A growing weight of the newest is the same as fading all others, at the cost of one bin.
        _weight = _weight == 0 ? 1 : _weight * (1 + 1 / Memory);
        _bins[(int)(Math.Log2(Math.Clamp(seconds, 1, LongestSeconds)) * BinsPerOctave)] += _weight;
        _total += _weight;
        if (_weight > 1e9f)
            Rescale();
    }

    /// <summary>The interval that <paramref name="rank"/> others reach: rank 3 is about the third longest. Upper edge of its bin, seconds.</summary>
    public readonly double Longest(double rank)
    {
        var left = rank * _weight;
        for (var i = Bins.Length - 1; i >= 0; i--)
        {
            left -= _bins[i];
            if (left <= 0)
                return Math.Pow(2, (i + 1.0) / BinsPerOctave);
        }
        return 1;
    }

    private void Rescale()
    {
        for (var i = 0; i < Bins.Length; i++)
            _bins[i] /= _weight;
        _total /= _weight;
        _weight = 1;
    }

    [InlineArray(Length)]
    private struct Bins
    {
        public const int Length = 20 * BinsPerOctave + 1;
        private float _first;
    }
}
