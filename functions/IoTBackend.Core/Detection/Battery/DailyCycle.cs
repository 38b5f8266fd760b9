using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// How a voltage differs from its daily mean at each time of day: nights are cold and days may charge. Learned over some days and forgotten
/// as fast, so that weather and seasons are followed; a steady fall has no cycle. Volts; a value.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct DailyCycle
{
    /// <summary>Three hours each.</summary>
    private const int Parts = 8;
    private const long PartMilliseconds = 86_400_000 / Parts;

    /// <summary>Days a part must have been seen on before it is believed, and days remembered.</summary>
    private const int FewestDays = 3;
    private const float Memory = 5;

    private long _part;
    private float _sum;
    private int _count;
    private int _days;

    /// <summary>Means of the latest parts, by time of day, and how each differs from the day around it.</summary>
    private Values _latest;
    private Values _differences;

    /// <summary>From the lowest to the highest time of day, volts; 0 = not learned.</summary>
    public readonly float Amplitude
    {
        get
        {
            if (!IsKnown)
                return 0;
            var (low, high) = (float.MaxValue, float.MinValue);
            foreach (var difference in (ReadOnlySpan<float>)_differences)
                (low, high) = (Math.Min(low, difference), Math.Max(high, difference));
            return high - low;
        }
    }

    /// <summary>Mean of the latest day, volts; NaN before there was one.</summary>
    public readonly float Mean => _days >= Parts ? Average(in _latest) : float.NaN;

    private readonly bool IsKnown => _days >= FewestDays * Parts;

    public void Observe(long at, float volts)
    {
        var part = at / PartMilliseconds;
        if (part == _part)
        {
            (_sum, _count) = (_sum + volts, _count + 1);
            return;
        }
        if (_count > 0)
            Learn(_sum / _count);
        // A day with holes is no day to learn from.
        if (part != _part + 1)
            _days = Math.Min(_days, 0) - Parts;
        (_part, _sum, _count) = (part, volts, 1);
    }

    /// <summary>What the voltage would be without the time of day.</summary>
    public readonly float Without(long at, float volts)
    {
        if (!IsKnown)
            return volts;
        // From the middle of one part to that of the next.
        var place = (double)at / PartMilliseconds - 0.5;
        var part = (long)Math.Floor(place);
        var share = (float)(place - part);
        return volts - ((1 - share) * _differences[(int)(part % Parts)] + share * _differences[(int)((part + 1) % Parts)]);
    }

    private void Learn(float mean)
    {
        var now = (int)(_part % Parts);
        _latest[now] = mean;
        _days = Math.Min(_days + 1, 1_000_000);
        if (_days < Parts)
            return;
        var day = Average(in _latest);
        var rate = 1 / Math.Min(Memory, Math.Max(1, _days / Parts));
        _differences[now] += rate * (mean - day - _differences[now]);
        // The day around a part is half over: a fall puts all of them below it alike.
        var offset = Average(in _differences);
        if (_days < 2 * Parts)
            return;
        foreach (ref var difference in (Span<float>)_differences)
            difference -= offset;
    }

    private static float Average(in Values values)
    {
        var sum = 0f;
        foreach (var value in (ReadOnlySpan<float>)values)
            sum += value;
        return sum / Parts;
    }

    [InlineArray(Parts)]
    private struct Values
    {
        private float _first;
    }
}
