using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// The level of the battery of late: means of three hours over the latest three days and a half, and of twelve hours over two weeks. What a drain of before and one of
/// after a moment are read from. Begins anew with every battery. A value of 140 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct RecentLevels
{
    /// <summary>Most means there can be in any time.</summary>
    public const int Most = 2 * Steps;

    private const int Steps = 28;
    private const long Hour = 3_600_000;
    private const long ShortStep = 3 * Hour;
    private const long LongStep = 12 * Hour;

    /// <summary>A level is kept in whole parts of a percent or of a volt: 500 allow 131 % and a fineness of 2 mV, 2000 allow 32 V.</summary>
    private const ushort Coarse = 500;
    private const ushort Fine = 2000;
    private const float FineUpTo = 32;

    private uint _life;
    private Means _short;
    private Means _long;

    /// <summary>Percent rather than volts.</summary>
    public readonly bool IsPercent => _short.Flag != 0;

    private readonly ushort Scale => _long.Flag == 0 ? Fine : Coarse;

    /// <summary>Takes a level in.</summary>
    public void Add(long at, float level, in BatteryLife life)
    {
        var born = (uint)(life.Since / 1000);
        if (born != _life || life.Unit != _short.Flag)
        {
            this = default;
            _life = born;
            (_short.Flag, _long.Flag) = ((byte)life.Unit, (byte)(life.Unit == 1 || life.First >= FineUpTo / 2 ? 1 : 0));
        }
        _short.Add((int)(at / ShortStep), level, Scale);
        _long.Add((int)(at / LongStep), level, Scale);
    }

    /// <summary>
    /// Copies the means of the steps that lie wholly within a time, long ones where there are no short ones any more: their middles in days since
    /// <paramref name="from"/>, the levels, and what share of a day each is of. Returns how many.
    /// </summary>
    public readonly int Course(DateTimeOffset from, DateTimeOffset until, Span<double> days, Span<double> levels, Span<double> widths)
    {
        double scale = Scale;
        var (begin, end, n) = (from.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds(), 0);
        Take(in _long, LongStep, Math.Min(end, _short.First * ShortStep), days, levels, widths);
        Take(in _short, ShortStep, end, days, levels, widths);
        return n;

        void Take(in Means means, long width, long end, Span<double> days, Span<double> levels, Span<double> widths)
        {
            for (var step = means.First; step <= means.Step && (step + 1) * width <= end; step++)
            {
                if (step * width < begin || means.At(step) is not (> 0 and var code))
                    continue;
                days[n] = ((step + 0.5) * width - begin) / (24 * Hour);
                widths[n] = width / (24.0 * Hour);
                levels[n++] = code / scale;
            }
        }
    }

    /// <summary>Mean of the steps that lie wholly within a time, Unix milliseconds; NaN = none does.</summary>
    public readonly double Mean(long from, long until)
    {
        Span<double> days = stackalloc double[Most];
        Span<double> levels = stackalloc double[Most];
        Span<double> widths = stackalloc double[Most];
        var n = Course(Say.Time(from), Say.Time(until), days, levels, widths);
        var (sum, width) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
            (sum, width) = (sum + widths[i] * levels[i], width + widths[i]);
        return sum / width;
    }

    /// <summary>The latest means of steps of one width, the sum of the one that is going on, and a byte that the padding leaves to the owner.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Means
    {
        public int Step;
        private float _sum;
        private ushort _count;
        public byte Flag;
        private Codes _codes;

        public readonly int First => Math.Max(0, Step - Steps + 1);

        public readonly ushort At(int step) => _codes[step % Steps];

        public void Add(int step, float level, ushort scale)
        {
            if (step < Step)
                return;
            if (step != Step)
            {
                for (var i = Math.Max(Step + 1, step - Steps + 1); i <= step; i++)
                    _codes[i % Steps] = 0;
                (Step, _sum, _count) = (step, 0, 0);
            }
            if (_count == ushort.MaxValue)
                (_sum, _count) = (_sum / 2, (ushort)(_count / 2));
            _sum += level;
            _count++;
            _codes[step % Steps] = (ushort)Math.Clamp(_sum / _count * scale + 0.5f, 1, ushort.MaxValue);
        }
    }

    [InlineArray(Steps)]
    private struct Codes
    {
        private ushort _first;
    }
}
