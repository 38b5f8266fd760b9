namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// When a battery will be low, critical and empty. Several shapes of discharge are fitted to its own life so far; each counts as
/// much as it would have foretold of that life (<see cref="DischargeShapes"/>). Lives that ended, of this device and of its model, correct them
/// (<see cref="LifeEstimate"/>). One that rose again by itself has a date only while it falls. Charge falls more evenly than voltage, so that the voltage of a known chemistry is turned into charge first.
/// </summary>
internal static class BatteryForecast
{
    private const int FewestPoints = 6;

    /// <summary>No further ahead than so many times the age: beyond, a date would be a guess.</summary>
    private const double Horizon = 10;

    /// <summary>The knee of a bare voltage: below the low level a cell may take a tenth of the time its past suggests.</summary>
    private const double EarlyBeyondKnee = 0.1;

    /// <summary>The noise of the level widens the interval by a part of the age at most.</summary>
    private const double MostNoise = 0.25;

    public static (Forecast? Low, Forecast? Critical, Forecast? Empty) Of(DetectionPolicy policy, in DetectionState state)
    {
        ref readonly var life = ref state.Battery.Life;
        if (life.StartedAt == 0 || state.Battery.IsCharging != 0 || ForecastTargets.Of(policy, in state.Battery) is not { } targets)
            return default;
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = life.Course(days, levels);
        if (n < FewestPoints)
            return default;
        Span<LifeLesson> lows = stackalloc LifeLesson[OwnLives.Most * 2 + LearnedLives.Most];
        Span<LifeLesson> criticals = stackalloc LifeLesson[OwnLives.Most * 2 + LearnedLives.Most];
        var rises = life.CameUpAgain || PastFalls.RoseAgain(levels[..n], life.First - (double.IsNaN(targets.RawLow) ? targets.RawCritical : targets.RawLow));
        lows = Lives(policy.Learned, in state.Lives, true, lows);
        criticals = Lives(policy.Learned, in state.Lives, false, criticals);
        var levelsOfLate = state.Levels;
        var (begun, first, isBare) = (life.StartedAt, life.First, life.Unit == 0 && targets.Curve is null);
        var recent = RecentLine.Of(in state.Levels, in life, state.Battery.LatestSample);
        var (latest, stands) = (state.Battery.LatestSample, rises && !PastFalls.FallsNow(in state.Levels, Say.Time(state.Battery.LatestSample)));
        var low = At(targets.Low, 1, lows, days[..n], levels[..n]);
        var critical = After(low, At(targets.Critical, isBare ? EarlyBeyondKnee : 1, criticals, days[..n], levels[..n]));
        return (low, critical, After(critical ?? low, At(targets.Empty, isBare ? EarlyBeyondKnee : 1, criticals, days[..n], levels[..n])));

        Forecast? At(double? level, double knee, ReadOnlySpan<LifeLesson> lives, ReadOnlySpan<double> days, ReadOnlySpan<double> levels)
        {
            Span<double> left = stackalloc double[LifeLesson.Experts];
            if (level is not { } target || Estimate(targets, target, begun, first, days, levels, lives, left, knee, recent) is not { } estimate)
                return null;
            var now = recent?.Now ?? days[^1];
            var (current, raw) = (recent?.Level ?? DischargeShapes.Current(levels), targets.Raw(target));
            var noise = Math.Min(LevelNoise.Of(in levelsOfLate, Say.Time(latest), days, levels) * estimate.Days / Math.Max(current - raw, 1e-6), MostNoise * now);
            var (soonest, last) = (Math.Max(0, estimate.Earliest - noise), estimate.Latest + noise);
            var earliest = Date(now, rises ? Math.Min(soonest, PastFalls.Fastest(days, levels, current - raw)) : soonest);
            // What rose again by itself and does not fall now has no date, only a bound of how fast it might.
            return stands && !(left[(int)Expert.Line] < Horizon * now) ? new(null, earliest, null) : new(Date(now, estimate.Days), earliest, Date(now, last));
        }

        // A mean of logarithms comes to lie a rounding step beside the horizon; what is not reached yet is not reached in the past.
        DateTimeOffset? Date(double now, double left) =>
            left < 0.999 * Horizon * now ? Say.Time(Math.Max(latest, begun + 1000 * (long)Math.Round(86400 * (now + left)))) : null;
    }

    /// <summary>The lives known for a level: the device's own count twice.</summary>
    private static Span<LifeLesson> Lives(LearnedLives? learned, in OwnLives own, bool isLow, Span<LifeLesson> lives)
    {
        var n = 0;
        for (var i = 0; i < 2 * own.Count(isLow); i++)
            lives[n++] = own.Get(isLow, i / 2);
        var others = learned?.Of(isLow) ?? [];
        for (var i = Math.Max(0, others.Count - LearnedLives.Most); i < others.Count; i++)
            lives[n++] = others[i];
        return lives[..n];
    }

    /// <summary>The device came down to a level: what its life teaches.</summary>
    public static void Learn(DetectionPolicy policy, ref DetectionState state, bool isLow, long crossedAt)
    {
        ref readonly var life = ref state.Battery.Life;
        if (life.StartedAt == 0 || ForecastTargets.Of(policy, in state.Battery) is not { } targets || (isLow ? targets.Low : targets.Critical) is not { } target)
            return;
        Span<double> days = stackalloc double[BatteryLife.Points];
        Span<double> levels = stackalloc double[BatteryLife.Points];
        var n = life.Course(days, levels);
        var raw = isLow ? targets.RawLow : targets.RawCritical;
        var took = (crossedAt - life.StartedAt) / 86_400_000.0;
        // A battery that began near the level, or is known for a few samples only, teaches nothing.
        if (n < 2 * FewestPoints || took <= 0 || life.First - raw < 0.02 * Math.Abs(raw))
            return;
        Span<LifeLesson> lives = stackalloc LifeLesson[OwnLives.Most * 2 + LearnedLives.Most];
        lives = Lives(policy.Learned, in state.Lives, isLow, lives);
        var lesson = new LifeLesson { Days = (float)took, At = (int)(crossedAt / 86_400_000) };
        lesson.SetWay(days[..n], levels[..n], life.First, raw);
        Span<double> left = stackalloc double[LifeLesson.Experts];
        for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
        {
            var known = 0;
            while (known < n && days[known] <= LifeLesson.Origins[origin] * took)
                known++;
            left.Fill(double.NaN);
            if (known >= FewestPoints)
                Estimate(targets, target, life.StartedAt, life.First, days[..known], levels[..known], lives, left);
            for (var expert = Expert.Shapes; expert <= Expert.Together; expert++)
                lesson.SetError(expert, origin, took - (known < 2 ? 0 : days[known - 1]), left[(int)expert]);
        }
        state.Lives.Add(isLow, in lesson);
    }

    private static (double Days, double Earliest, double Latest)? Estimate(
        ForecastTargets targets, double target, long begun, double first, ReadOnlySpan<double> days, ReadOnlySpan<double> raw, ReadOnlySpan<LifeLesson> lives, Span<double> left, double knee = 1, RecentLine? recent = null)
    {
        Span<double> levels = stackalloc double[raw.Length];
        raw.CopyTo(levels);
        targets.ToPercent(targets.Curve, levels);
        var (now, current) = recent is { } r ? (r.Now, targets.ToPercent(r.Level)) : (days[^1], DischargeShapes.Current(levels));
        if (current <= target)
            return null;
        Span<DischargeShape> shapes = stackalloc DischargeShape[2 * DischargeShapes.Count];
        DischargeShapes.Fit(days, levels, shapes);
        var line = recent is { } l ? l.Reaches(targets.Raw(target)) : Line(days, levels, target, current);
        if (targets.GuessCurve is not null)
        {
            targets.ToPercent(targets.GuessCurve, levels);
            DischargeShapes.Fit(days, levels, shapes[DischargeShapes.Count..]);
        }
        else
        {
            shapes = shapes[..DischargeShapes.Count];
        }
        var guess = recent is { } g ? targets.Guess(g.Level) : DischargeShapes.Current(levels);
        Span<DischargeVote> votes = stackalloc DischargeVote[shapes.Length];
        for (var i = 0; i < shapes.Length; i++)
            votes[i] = i < DischargeShapes.Count ? shapes[i].Vote(target, now, current) : shapes[i].Vote(targets.Guess(target), now, guess);
        var (expected, spread) = DischargeVote.Count(votes, Horizon * now);
        var rawTarget = targets.Raw(target);
        var fall = (first - (recent?.Level ?? (raw[^1] + raw[^2]) / 2)) / Math.Max(first - rawTarget, 1e-6);
        return new LifeEstimate(lives, left).Combine(now, fall, begun / 86_400_000.0 + now, expected, line, spread, Horizon * now, knee);
    }

    /// <summary>Days left by a straight line through the latest sixth of the life, of five days at most, or four points.</summary>
    private static double Line(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double target, double current)
    {
        const int Fewest = 4;
        const double LongestDays = 5;
        if (days.Length < Fewest)
            return double.NaN;
        var points = Fewest;
        while (points < days.Length / 6 && days[^1] - days[^(points + 1)] <= LongestDays)
            points++;
        var trend = DischargeTrend.Fit(days[^points..], levels[^points..], 1);
        return trend.Slope > 0 ? (current - target) / trend.Slope : double.PositiveInfinity;
    }

    /// <summary>A lower level is reached later, by a second at least, and not at all where the higher one is not.</summary>
    private static Forecast? After(Forecast? higher, Forecast? lower)
    {
        if (higher is null || lower is null)
            return lower;
        return new(Later(higher.ExpectedAt, lower.ExpectedAt), Later(higher.Earliest, lower.Earliest), Later(higher.Latest, lower.Latest));

        static DateTimeOffset? Later(DateTimeOffset? first, DateTimeOffset? second) =>
            first is null || second is null ? null : second > first ? second : first + TimeSpan.FromSeconds(1);
    }
}
