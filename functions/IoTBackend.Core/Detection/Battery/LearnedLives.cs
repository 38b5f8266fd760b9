using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>The latest life of one device's battery that came down to each level, a section of its stored state; its model keeps the earlier ones.</summary>
internal struct OwnLives
{
    /// <summary>Lives remembered for each level.</summary>
    public const int Most = 1;

    private Lessons _low;
    private Lessons _critical;
    private int _lows;
    private int _criticals;

    public readonly int Ended => _lows + _criticals;

    public readonly int Count(bool isLow) => Math.Min(Most, isLow ? _lows : _criticals);

    public readonly LifeLesson Get(bool isLow, int i) => isLow ? _low[i] : _critical[i];

    public void Add(bool isLow, in LifeLesson lesson)
    {
        if (isLow)
            _low[_lows++ % Most] = lesson;
        else
            _critical[_criticals++ % Most] = lesson;
    }

    [InlineArray(Most)]
    private struct Lessons
    {
        private LifeLesson _first;
    }
}

/// <summary>Lives of batteries of one model that ended, the latest of them: what is known of a battery before its own past says anything.</summary>
public sealed class LearnedLives
{
    /// <summary>Lives remembered for each level; the latest count.</summary>
    public const int Most = 48;

    internal List<LifeLesson> Low { get; } = [];

    internal List<LifeLesson> Critical { get; } = [];

    internal IReadOnlyList<LifeLesson> Of(bool isLow) => isLow ? Low : Critical;

    /// <summary>Takes over the lives a device remembers.</summary>
    public void Add(in DetectionState state)
    {
        foreach (var isLow in (ReadOnlySpan<bool>)[true, false])
        {
            var list = isLow ? Low : Critical;
            for (var i = 0; i < state.Lives.Count(isLow); i++)
                Add(list, state.Lives.Get(isLow, i));
        }
    }

    /// <summary>Takes over what others taught.</summary>
    public void Add(LearnedLives others)
    {
        foreach (var life in others.Low)
            Add(Low, life);
        foreach (var life in others.Critical)
            Add(Critical, life);
    }

    private static void Add(List<LifeLesson> list, LifeLesson life)
    {
        if (list.Exists(l => l.IsSame(life)))
            return;
        list.Add(life);
        if (list.Count <= 2 * Most)
            return;
        list.Sort((a, b) => a.At.CompareTo(b.At));
        list.RemoveRange(0, list.Count - Most);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; another form, of another version, is nothing learned yet.</summary>
    public static LearnedLives Read(ReadOnlySpan<byte> stored)
    {
        var lives = new LearnedLives();
        if (stored.Length < 3 || stored[0] != Version || stored.Length != 3 + (stored[1] + stored[2]) * Size)
            return lives;
        lives.Low.AddRange(MemoryMarshal.Cast<byte, LifeLesson>(stored.Slice(3, stored[1] * Size)));
        lives.Critical.AddRange(MemoryMarshal.Cast<byte, LifeLesson>(stored[(3 + stored[1] * Size)..]));
        return lives;
    }

    /// <summary>Stored form: version byte, how many lives of each level, their bytes; the latest <see cref="Most"/> of each, under 5 KB.</summary>
    public byte[] Write()
    {
        var (low, critical) = (Latest(Low), Latest(Critical));
        return [Version, (byte)low.Length, (byte)critical.Length, .. MemoryMarshal.AsBytes<LifeLesson>(low), .. MemoryMarshal.AsBytes<LifeLesson>(critical)];

        static LifeLesson[] Latest(List<LifeLesson> lives) => [.. lives.OrderBy(l => l.At).ThenBy(l => l.Days).TakeLast(Most)];
    }

    private const byte Version = 1;

    private static int Size => Unsafe.SizeOf<LifeLesson>();
}
