namespace IoTBackend.Core.Detection.Battery;

/// <summary>What is remembered of a battery. Times in Unix milliseconds, 0 = never.</summary>
internal struct BatteryState
{
    public long LowRaisedAt;
    public long CriticalRaisedAt;
    public long DrainRaisedAt;
    public long ForecastRaisedAt;

    /// <summary>Latest sample by its own time; older ones are history and change nothing.</summary>
    public long LatestSample;
    public RobustLevel Voltage;
    public RobustLevel Percent;

    /// <summary>Typical time between samples, seconds.</summary>
    public float SampleSeconds;
    public float UsualCelsius;
    public float HighestVolts;

    /// <summary>Voltage when the gauge moved last, and samples since: a gauge that stands still while the voltage falls is stuck.</summary>
    public float VoltsAtGaugeMove;
    public int SamplesSinceGaugeMove;
    public byte IsCharging;

    /// <summary>Minutes between readings, and before that changed: see <see cref="ReportingPace"/>.</summary>
    public Half PaceMinutes;

    /// <summary>The open <c>battery.drain</c> is about the device's peers, not its own past: 1, else 0.</summary>
    public byte DrainsMoreThanPeers;
    public Half PaceMinutesBefore;
    public ushort TemperatureCount;

    /// <summary>The half day in which it changed, the lower half of its number since 1970; 0 = it never did.</summary>
    public ushort PaceSince;
    public BatteryLife Life;

    /// <summary>Readings are so far apart that the median of them is of another day.</summary>
    public readonly bool IsSlow => SampleSeconds * RobustLevel.Window > 86_400;

    /// <summary>The newest reading in the unit of the life: what a median says may be of the battery that was in before. NaN = none.</summary>
    public readonly float Newest => Life.Unit == 1 ? Percent.Newest : Voltage.Newest;

    /// <summary>The gauge has not moved for long although the voltage fell by 4 %.</summary>
    public readonly bool IsGaugeStuck => SamplesSinceGaugeMove >= 100 && Voltage.Median > 0 && Voltage.Median < 0.96f * VoltsAtGaugeMove;
}
