namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// Sees a battery that loses in days what it should lose in months, against its own past. Judged at the end of each half day, over means of whole days, so that the time of day
/// says nothing: a fall over two days that never was as deep, goes on on both and on the latest half day. A cold front comes within a day and stands then; near its end any
/// battery falls fast, and one that the sun charges at any time. What the cold and a faster pace of reporting explain is none either.
/// </summary>
internal static class DrainOfDays
{
    private const long HalfDay = 43_200_000;
    private const long Day = 2 * HalfDay;
    private const long LeastAge = 21 * Day;

    /// <summary>A fall is a part of the way from the first level to low, and twice as deep as any over two days before, of late.</summary>
    private const double LeastOfWay = 0.12;
    private const double WorstFactor = 2;

    /// <summary>And a part of the voltage: twelve degrees take half of it from most cells.</summary>
    private const double LeastOfVolts = 0.01;

    /// <summary>Share of its voltage that each degree colder explains, whatever the cell: more hid drains and hardly explained more of made-up cells that lose up to 0.2 %.</summary>
    private const double SharePerDegree = 0.0015;

    /// <summary>So many times what it usually loses in that time: voltage falls twice as fast towards the end without any more being drawn.</summary>
    private const double VoltsFactor = 1.5;

    /// <summary>Days of a fall that lie between the means of two days when it is seen first.</summary>
    private const double DaysIn = 1.5;

    /// <summary>What was the deepest fall fades over a month of half days.</summary>
    private const float Memory = 1 - 1 / 60f;

    /// <summary>So much of the way to low was left before: below, it may be its knee.</summary>
    private const double LeftBefore = 0.15;

    /// <summary>Shares of the fall on each of two days, and from the same half day of yesterday to the latest one.</summary>
    private const double EachDay = 0.2;
    private const double Latest = 0.35;

    /// <summary>The level before the fall and now, and since when it falls; null = it does not, or was told.</summary>
    public static (double Before, double Now, DateTimeOffset Since)? Judge(DetectionPolicy policy, ref BatteryState battery, ref BatteryDay day, in RecentLevels recent, double? celsius)
    {
        var half = battery.LatestSample / HalfDay;
        if ((ushort)half == day.JudgedHalfDay)
            return null;
        day.Celsius.Add(celsius, (ushort)((ushort)half - day.JudgedHalfDay));
        day.JudgedHalfDay = (ushort)half;
        ReportingPace.Observe(ref battery, half);
        var at = half * HalfDay;
        ref readonly var life = ref battery.Life;
        // What happened three days ago can be no part of the fall that is judged; the end of a battery is no weather.
        var before = battery.LowRaisedAt == 0 && battery.DrainRaisedAt == 0 ? recent.Mean(at - 6 * Day, at - 5 * Day) - recent.Mean(at - 4 * Day, at - 3 * Day) : 0;
        day.Slow.WorstFall = Math.Max(Memory * day.Slow.WorstFall, before > 0 ? (float)before : 0);
        var (d2, d1, d0) = (recent.Mean(at - 3 * Day, at - 2 * Day), recent.Mean(at - 2 * Day, at - Day), recent.Mean(at - Day, at));
        var (fall, latest) = (d2 - d0, recent.Mean(at - 3 * HalfDay, at - Day) - recent.Mean(at - HalfDay, at));
        var (low, isPercent) = (BatteryThresholds.Low(policy.Battery), life.Unit == 1);
        var end = isPercent ? low.Percent ?? 0 : low.Volts ?? 0.8 * life.BornLevel;
        var way = life.BornLevel - end;
        // What is sent more often takes more, and brings the knee sooner.
        var oftener = ReportingPace.Oftener(in battery, at, DaysIn + 1);
        var usual = oftener * DaysIn * Math.Max(0, life.First - d2) / Math.Max(1, (at - life.StartedAt) / (double)Day - 2.5);
        var much = Math.Max(LeastOfWay * way, isPercent ? 0 : oftener * LeastOfVolts * life.BornLevel);
        var least = Math.Max(Math.Max(much, WorstFactor * day.Slow.WorstFall), Math.Max(2 * day.Cycle.Amplitude, policy.AbnormalDrainFactor * (isPercent ? 1 : VoltsFactor) * usual));
        // Read every few hours, a new cell looks like a charge.
        var isCharged = life.CameUpAgain || (life.Recharges >= 2 && !battery.IsSlow);
        var cold = isPercent ? 0 : SharePerDegree * life.BornLevel * day.Celsius.ColderBy;
        var falls = way > 0 && fall - cold >= least && d2 - d1 >= EachDay * fall && d1 - d0 >= EachDay * fall && latest >= Latest * fall
            && d2 >= end + LeftBefore * way && at - life.Since >= LeastAge && !isCharged && battery.IsCharging == 0 && !(battery.Newest > (d2 + d0) / 2);
        if (!falls || battery.DrainRaisedAt != 0 || (battery.LowRaisedAt != 0 && battery.LowRaisedAt < at - 3 * Day))
            return null;
        // The mean of the latest day is that of its middle.
        return (d2, d0, Say.Time(at - (long)(Day * (Math.Clamp(fall / latest, 0.5, 2.5) + 0.5))));
    }
}
