using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// The level of the battery over the latest week, a mean for every three hours: what a drain of before and one of after a moment are read from.
/// Begins anew with every battery and charge. A value of 128 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct RecentLevels
{
    public const int Steps = 56;

    /// <summary>Width of a step.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(StepMilliseconds);

    private const long StepMilliseconds = 3 * 3_600_000;

    /// <summary>A level is kept in whole parts of a percent or of a volt: 500 allow 131 %, or volts, and a fineness of 2 mV; 2000 allow 32 V.</summary>
    private const ushort Coarse = 500;
    private const ushort Fine = 2000;
    private const float FineUpTo = 32;

    private uint _life;
    private int _step;
    private float _sum;
    private ushort _count;
    private byte _unit;
    private byte _isCoarse;
    private Codes _codes;

    /// <summary>Percent rather than volts.</summary>
    public readonly bool IsPercent => _unit != 0;

    private readonly ushort Scale => _isCoarse == 0 ? Fine : Coarse;

    /// <summary>Takes a level in.</summary>
    public void Add(long at, float level, in BatteryLife life)
    {
        var (born, step) = ((uint)(life.StartedAt / 1000), (int)(at / StepMilliseconds));
        if (born != _life || life.Unit != _unit)
        {
            this = default;
            (_life, _unit, _isCoarse) = (born, (byte)life.Unit, (byte)(life.Unit == 1 || life.First >= FineUpTo / 2 ? 1 : 0));
        }
        if (step < _step)
            return;
        if (step != _step)
        {
            for (var i = Math.Max(_step + 1, step - Steps + 1); i <= step; i++)
                _codes[i % Steps] = 0;
            (_step, _sum, _count) = (step, 0, 0);
        }
        if (_count == ushort.MaxValue)
            (_sum, _count) = (_sum / 2, (ushort)(_count / 2));
        _sum += level;
        _count++;
        _codes[step % Steps] = (ushort)Math.Clamp(_sum / _count * Scale + 0.5f, 1, ushort.MaxValue);
    }

    /// <summary>Copies the means of the steps that lie wholly within a time: their middles in days since <paramref name="from"/>, and the levels. Returns how many.</summary>
    public readonly int Course(DateTimeOffset from, DateTimeOffset until, Span<double> days, Span<double> levels)
    {
        var (begin, end, n) = (from.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds(), 0);
        for (var step = Math.Max(_step - Steps + 1, (int)((begin + StepMilliseconds - 1) / StepMilliseconds)); step <= _step && (step + 1) * StepMilliseconds <= end; step++)
        {
            if (step < 0 || _codes[step % Steps] is not (> 0 and var code))
                continue;
            days[n] = ((step + 0.5) * StepMilliseconds - begin) / 86_400_000;
            levels[n++] = code / (double)Scale;
        }
        return n;
    }

    [InlineArray(Steps)]
    private struct Codes
    {
        private ushort _first;
    }
}
