namespace IoTBackend.Core.Detection.Battery;

/// <summary>What is known of a battery's latest day: a section of the stored state of its own. Times in Unix milliseconds, 0 = never.</summary>
internal struct BatteryDay
{
    /// <summary>Samples over which it is seen whether the level falls steadily: so many, or a part of those of its life.</summary>
    private const float Samples = 24;
    private const float SamplesShare = 0.01f;

    /// <summary>Share of its age for which a battery must stay below a level that it reached by fits and starts; half a day at most, longer than a night is cold.</summary>
    private const double PatientShare = 0.02;
    private const long MostPatience = 43_200_000;

    /// <summary>A battery known for a week was nearly full, or was not.</summary>
    private const long KnownMilliseconds = 7 * 86_400_000;

    public DailyCycle Cycle;
    public RecentCelsius Celsius;

    /// <summary>Since when the level is below the threshold, without having been half a percent above it.</summary>
    public long LowSince;
    public long CriticalSince;

    /// <summary>The voltage without the time of day.</summary>
    public float Calm;

    /// <summary>Readings without a level since the latest level, capped.</summary>
    public byte WithoutLevel;

    /// <summary>The half day that <see cref="DrainOfDays"/> judged last, the lower half of its number since 1970.</summary>
    public ushort JudgedHalfDay;

    /// <summary>How far the level lies below what it was over the latest days, and how far it usually does.</summary>
    public SlowLevel Slow;
    private float _net;
    private float _path;

    /// <summary>The level goes down, not up and down: at least half of its way is a fall.</summary>
    public readonly bool FallsSteadily => _net <= -0.5f * _path;

    /// <summary>The device charges its battery itself, so that what the voltage does is weather: days differ from nights, or it rose by and by more than once.</summary>
    public readonly bool IsCharged(in BatteryState battery) => Cycle.Amplitude >= 0.02f * battery.Life.Reference || battery.Life.Recharges >= 2;

    public void Observe(long at, float volts, float samples)
    {
        if (float.IsNaN(volts))
            return;
        Cycle.Observe(at, volts);
        var calm = Cycle.Without(at, volts);
        var step = Calm == 0 ? 0 : calm - Calm;
        Calm = calm;
        var memory = Math.Max(Samples, SamplesShare * samples);
        _net += (step - _net) / memory;
        _path += (Math.Abs(step) - _path) / memory;
    }

    /// <summary>
    /// A threshold is crossed for good: at once where the battery came down to it steadily, not from nearly full within days; else when it has stayed
    /// below for a part of its age, twice as long if it was nearly full. A sag on a cold morning is over by then.
    /// </summary>
    /// <param name="since">Since when the level is below; 0 = it was not.</param>
    /// <param name="threshold">Volts.</param>
    /// <param name="life">The battery's life so far.</param>
    /// <param name="now">The time of the sample.</param>
    public readonly bool IsCrossed(ref long since, float threshold, in BatteryLife life, long now)
    {
        if (since == 0)
            since = Math.Max(1, now);
        var wasFull = now - life.Since >= KnownMilliseconds && Slow.Mean - threshold > 0.5f * (life.BornLevel - threshold);
        return (FallsSteadily && !wasFull) || now - since >= (wasFull ? 2 : 1) * Patience(in life, now);
    }

    /// <summary>How long a change must last, milliseconds.</summary>
    public static long Patience(in BatteryLife life, long now) => life.StartedAt == 0 ? 0 : (long)Math.Min(PatientShare * (now - life.Since), MostPatience);
}
