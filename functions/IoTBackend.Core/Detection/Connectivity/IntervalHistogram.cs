using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// Fading histogram of intervals in units of what was usual when they were seen, on a logarithmic scale: six bins per octave
/// (12 %) from 1 to 2^14. Being relative it outlives a change of rhythm.
/// </summary>
internal struct IntervalHistogram
{
    private const int BinsPerOctave = 6;
    private const int Octaves = 14;
    private const float Memory = 5000;

    private Bins _bins;
    private float _weight;
    private float _total;

    /// <summary>Intervals remembered, faded ones counted in part.</summary>
    public readonly double Count => _weight == 0 ? 0 : _total / _weight;

    public void Add(double ratio)
    {
        // A growing weight of the newest is the same as fading all others, at the cost of one bin.
        _weight = _weight == 0 ? 1 : _weight * (1 + 1 / Memory);
        _bins[Bin(ratio)] += _weight;
        _total += _weight;
        if (_weight > 1e9f)
            Rescale();
    }

    /// <summary>The interval that <paramref name="rank"/> others reach: rank 3 is about the third longest. Upper edge of its bin.</summary>
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

    /// <summary>Intervals of about that length and longer, faded ones counted in part.</summary>
    public readonly double Beyond(double ratio)
    {
        var sum = 0f;
        for (var i = Bin(ratio); i < Bins.Length; i++)
            sum += _bins[i];
        return _weight == 0 ? 0 : sum / _weight;
    }

    private static int Bin(double ratio) => (int)(Math.Log2(Math.Clamp(ratio, 1, 1 << Octaves)) * BinsPerOctave);

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
        public const int Length = Octaves * BinsPerOctave + 1;
        private float _first;
    }
}
