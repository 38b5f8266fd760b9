using System.Runtime.CompilerServices;

namespace IoTBackend.Core.Detection.Battery;

/// <summary>The latest lives of one device's batteries, a section of its stored state.</summary>
internal struct OwnLives
{
    /// <summary>Lives remembered for each level.</summary>
    public const int Most = 2;

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
                list.Add(state.Lives.Get(isLow, i));
            if (list.Count <= 2 * Most)
                continue;
            list.Sort((a, b) => a.At.CompareTo(b.At));
            list.RemoveRange(0, list.Count - Most);
        }
    }
}
