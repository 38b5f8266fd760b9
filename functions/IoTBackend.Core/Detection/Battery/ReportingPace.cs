namespace IoTBackend.Core.Detection.Battery;

/// <summary>How often a level is reported, and how often it was before that changed: most of a small device's energy goes into sending.</summary>
internal static class ReportingPace
{
    private const long HalfDay = 43_200_000;
    private const double Day = 2 * HalfDay;
    private const double MinutesPerDay = 1440;

    /// <summary>The pace is another one if it changed by more.</summary>
    private const float Changed = 1.5f;

    /// <summary>The typical time between readings takes so many half days to settle.</summary>
    private const int Settles = 4;

    /// <summary>At least such a share of the readings of a battery were not made of late.</summary>
    private const double LeastPast = 0.1;

    /// <summary>Compares, each half day, how far readings are apart with what it was.</summary>
    public static void Observe(ref BatteryState battery, long halfDay)
    {
        var (now, before) = (battery.SampleSeconds / 60, (float)battery.PaceMinutes);
        if (now <= 0 || (now < before * Changed && before < now * Changed))
            return;
        if (before > 0 && (ushort)((ushort)halfDay - battery.PaceSince) > Settles)
            (battery.PaceMinutesBefore, battery.PaceSince) = (battery.PaceMinutes, (ushort)(halfDay - 1));
        battery.PaceMinutes = (Half)now;
    }

    /// <summary>How many times as often as before in its life a battery was read over the latest days; 1 = no oftener.</summary>
    public static double Oftener(in BatteryState battery, long at, double lateDays)
    {
        ref readonly var life = ref battery.Life;
        var pastDays = (at - life.StartedAt) / Day - lateDays;
        if (battery.PaceSince == 0 || pastDays <= 0 || life.Samples >= BatteryLife.MostSamples)
            return 1;
        var days = Math.Min(lateDays, (ushort)((ushort)(at / HalfDay) - battery.PaceSince) / 2.0);
        var late = MinutesPerDay * (days / (double)battery.PaceMinutes + (lateDays - days) / (double)battery.PaceMinutesBefore);
        var past = Math.Max(life.Samples - late, LeastPast * life.Samples);
        return Math.Max(1, late / lateDays * pastDays / past);
    }

    /// <summary>Since when it reports more often than before, within this battery's life, and how far readings are apart since and were; null = it does not.</summary>
    public static (DateTimeOffset Since, double Seconds, double SecondsBefore)? Rise(in BatteryState battery)
    {
        var half = battery.LatestSample / HalfDay;
        var since = (half - (ushort)((ushort)half - battery.PaceSince)) * HalfDay;
        var (now, before) = (60 * (double)battery.PaceMinutes, 60 * (double)battery.PaceMinutesBefore);
        return battery.PaceSince != 0 && since >= battery.Life.StartedAt && before >= Changed * now ? (Say.Time(since), now, before) : null;
    }
}
