namespace IoTBackend.Core.Detection.Battery;

/// <summary>The level over the latest five days, and how far below it the level usually is: what a drain of days shows against. Unix milliseconds.</summary>
internal struct SlowLevel
{
    private const float Days = 5;
    private const float UsualDays = 30;
    private const float MillisecondsPerDay = 86_400_000;

    private long _at;
    private float _usual;

    /// <summary>Mean over about five days; 0 = none yet.</summary>
    public float Mean;

    /// <summary>Since when the level lies much deeper than usual; 0 = it does not.</summary>
    public long Since;

    /// <summary>So far below the latest days, in the unit of the level.</summary>
    public float Drop;

    /// <summary>The deepest fall over two days of late, in the unit of the level: the weather, which outlives a battery.</summary>
    public float WorstFall;

    public void Begin(long at, float level) => this = new() { _at = at, Mean = level, WorstFall = WorstFall };

    /// <param name="at">Time of the sample.</param>
    /// <param name="level">The level without the time of day.</param>
    /// <param name="least">A drop below this is never much.</param>
    /// <param name="factor">So many times the usual drop is.</param>
    public void Observe(long at, float level, float least, double factor)
    {
        if (Mean == 0)
            Begin(at, level);
        var days = Math.Max(0, at - _at) / MillisecondsPerDay;
        _at = at;
        Drop = Mean - level;
        // What has lasted so long is what is usual now.
        if (Since != 0 && at - Since > (long)(Days * MillisecondsPerDay))
            (Mean, Since, Drop) = (level, 0, 0);
        if (Drop >= least && Drop >= factor * _usual)
        {
            Since = Since == 0 ? at : Since;
            return;
        }
        Since = 0;
        Mean += (level - Mean) * Math.Min(1, days / Days);
        _usual += (Math.Abs(Drop) - _usual) * Math.Min(1, days / UsualDays);
    }
}
