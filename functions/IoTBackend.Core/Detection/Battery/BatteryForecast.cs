namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// When a battery will be low, critical and empty. Several shapes of discharge are fitted to its own life so far; each counts as
/// much as it would have foretold of that life (<see cref="DischargeShapes"/>). Lives that ended, of this device and of its model, correct them
/// (<see cref="LifeEstimate"/>). One that rose again by itself has a date only while it falls. Charge falls more evenly than voltage, so that the voltage of a known chemistry is turned into charge first.
/// </summary>
internal static class BatteryForecast
{
    private const int FewestPoints = 6;

    /// <summary>Where the level strays as far as it has still to fall, that is all there is to say.</summary>
    private const double MostScatter = 1;

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
        Span<LifeLesson> lows = stackalloc LifeLesson[OwnLives.Most + LearnedLives.Most];
        Span<LifeLesson> criticals = stackalloc LifeLesson[OwnLives.Most + LearnedLives.Most];
        lows = Lives(policy.Learned, in state.Lives, true, lows);
        criticals = Lives(policy.Learned, in state.Lives, false, criticals);
        var latest = state.Battery.LatestSample;
        var course = new Course(in life, days[..n], levels[..n], life.First - targets.Raw(targets.Low ?? targets.Critical ?? double.NaN))
        {
            Noise = LevelNoise.Of(in state.Levels, Say.Time(latest), days[..n], levels[..n]),
            Patience = BatteryDay.Patience(in life, latest) / 86_400_000.0,
            Recent = RecentLine.Of(in state.Levels, in life, latest),
        };
        var (begun, now) = (life.StartedAt, course.Now);
        var stands = course.Rises && !PastFalls.FallsNow(in state.Levels, Say.Time(latest));
        var low = At(in course, targets.Low, false, lows);
        var critical = After(low, At(in course, targets.Critical, targets.HasKnee, criticals));
        return (low, critical, After(critical ?? low, At(in course, targets.Empty, targets.HasKnee, criticals)));

        Forecast? At(in Course course, double? level, bool isKnee, ReadOnlySpan<LifeLesson> lives)
        {
            Span<double> left = stackalloc double[LifeLesson.Experts];
            if (level is not { } target || Estimate(targets, target, isKnee, in course, lives, left) is not { } estimate)
                return null;
            // What rose again by itself and does not fall now has no date, only a bound of how fast it might.
            return stands && !(left[(int)Expert.Line] < OwnPast.FurthestAt(now))
                ? new(null, Date(estimate.Earliest), null)
                : new(Date(estimate.Days), Date(estimate.Earliest), Date(estimate.Latest));
        }

        // What is not reached yet is not reached in the past.
        DateTimeOffset? Date(double left) =>
            OwnPast.IsDate(left, now) ? Say.Time(Math.Max(latest, begun + 1000 * (long)Math.Round(86400 * (now + left)))) : null;
    }

    /// <summary>The lives known for a level, the device's own first; where its model's are known, it is among them.</summary>
    private static Span<LifeLesson> Lives(LearnedLives? learned, in OwnLives own, bool isLow, Span<LifeLesson> lives)
    {
        var n = 0;
        for (var i = 0; i < own.Count(isLow); i++)
            lives[n++] = own.Get(isLow, i);
        var owns = lives[..n];
        var others = learned?.Of(isLow) ?? [];
        for (var i = Math.Max(0, others.Count - LearnedLives.Most); i < others.Count; i++)
        {
            if (owns.IsEmpty || !owns[0].IsSame(others[i]))
                lives[n++] = others[i];
        }
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
        var raw = targets.Raw(target);
        var took = (crossedAt - life.StartedAt) / 86_400_000.0;
        // A battery that began near the level, or is known for a few samples only, teaches nothing.
        if (n < 2 * FewestPoints || took <= 0 || life.First - raw < 0.02 * Math.Abs(raw))
            return;
        Span<LifeLesson> lives = stackalloc LifeLesson[OwnLives.Most + LearnedLives.Most];
        lives = Lives(policy.Learned, in state.Lives, isLow, lives);
        var whole = new Course(in life, days[..n], levels[..n], life.First - raw);
        var lesson = new LifeLesson { Days = (float)took, At = (ushort)Math.Clamp(crossedAt / 86_400_000, 0, ushort.MaxValue) };
        lesson.SetWay(days[..n], levels[..n], life.First, raw);
        Span<double> left = stackalloc double[LifeLesson.Experts];
        for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
        {
            var known = 0;
            while (known < n && days[known] <= LifeLesson.Origins[origin] * took)
                known++;
            left.Fill(double.NaN);
            var age = known < 2 ? 0 : days[known - 1];
            var after = took - age;
            if (known >= FewestPoints && Estimate(targets, target, !isLow && targets.HasKnee, whole.Until(known, in life), lives, left) is { } then)
                lesson.SetInterval(origin, after, then.Earliest, OwnPast.IsDate(then.Latest, age) ? then.Latest : double.PositiveInfinity);
            for (var expert = Expert.Shapes; expert <= Expert.Together; expert++)
                lesson.SetError(expert, origin, after, left[(int)expert]);
        }
        state.Lives.Add(isLow, in lesson);
    }

    private static (double Days, double Earliest, double Latest)? Estimate(ForecastTargets targets, double target, bool isKnee, in Course course, ReadOnlySpan<LifeLesson> lives, Span<double> left)
    {
        var days = course.Days;
        var raw = course.Levels;
        var (now, rawTarget) = (course.Now, targets.Raw(target));
        Span<double> levels = stackalloc double[raw.Length];
        raw.CopyTo(levels);
        targets.ToPercent(targets.Curve, levels);
        if ((course.Recent is { } r ? targets.ToPercent(r.Level) : DischargeShapes.Current(levels)) <= target)
            return null;
        // No nearer than it strays: a level that touches its target by noise is not there.
        var rawLevel = rawTarget + double.Hypot(Math.Max(0, course.Level - rawTarget), course.Noise);
        var current = targets.ToPercent(rawLevel);
        Span<DischargeShape> shapes = stackalloc DischargeShape[2 * DischargeShapes.Count];
        DischargeShapes.Fit(days, levels, shapes);
        var line = course.Recent is { } l ? (l with { Level = rawLevel }).Reaches(rawTarget) : Line(days, levels, target, current);
        if (targets.GuessCurve is not null)
        {
            targets.ToPercent(targets.GuessCurve, levels);
            DischargeShapes.Fit(days, levels, shapes[DischargeShapes.Count..]);
        }
        else
        {
            shapes = shapes[..DischargeShapes.Count];
        }
        var guess = targets.Guess(rawLevel);
        Span<DischargeVote> votes = stackalloc DischargeVote[shapes.Length];
        for (var i = 0; i < shapes.Length; i++)
            votes[i] = i < DischargeShapes.Count ? shapes[i].Vote(target, now, current) : shapes[i].Vote(targets.Guess(target), now, guess);
        var (expected, spread) = DischargeVote.Count(votes, OwnPast.FurthestAt(now));
        var past = new OwnPast(now, course.FallTo(rawTarget), course.Begun + now, expected, line, spread, Math.Min(MostScatter, course.Noise / Math.Max(course.Level - rawTarget, 1e-6)), isKnee);
        var (middle, early, late) = new LifeEstimate(lives, left).Combine(in past);
        // When a level is crossed is known no better than by how long it must stay below.
        var earliest = Math.Max(0, early - course.Patience);
        return (middle, course.Rises ? Math.Min(earliest, PastFalls.Fastest(days, raw, course.Level - rawTarget)) : earliest, late + course.Patience);
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

    /// <summary>A battery's life so far, as its device reports the level, and what is known of it beside.</summary>
    private readonly ref struct Course
    {
        public Course(in BatteryLife life, ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double fall)
        {
            Days = days;
            Levels = levels;
            (First, Begun) = (life.First, life.StartedAt / 86_400_000.0);
            Rises = life.CameUpAgain || PastFalls.RoseAgain(levels, fall);
        }

        /// <summary>Ages in days.</summary>
        public ReadOnlySpan<double> Days { get; private init; }

        public ReadOnlySpan<double> Levels { get; private init; }

        private double First { get; init; }

        /// <summary>Days since 1970.</summary>
        public double Begun { get; private init; }

        /// <summary>It rose again by itself.</summary>
        public bool Rises { get; private init; }

        /// <summary>How far the level strays from its own line.</summary>
        public double Noise { get; init; }

        /// <summary>Days for which a crossing must last.</summary>
        public double Patience { get; init; }

        /// <summary>The latest days of a battery whose points are further apart than those.</summary>
        public RecentLine? Recent { get; init; }

        /// <summary>The age in days of <see cref="Level"/>.</summary>
        public double Now => Recent?.Now ?? Days[^1];

        public double Level => Recent?.Level ?? DischargeShapes.Current(Levels);

        /// <summary>Share of the fall to a level that is done.</summary>
        public double FallTo(double level) => (First - Level) / Math.Max(First - level, 1e-6);

        /// <summary>The same when so many points were known.</summary>
        public Course Until(int known, in BatteryLife life)
        {
            var days = Days[..known];
            var levels = Levels[..known];
            return this with
            {
                Days = days,
                Levels = levels,
                Noise = LevelNoise.Of(days, levels),
                Patience = BatteryDay.Patience(in life, life.StartedAt + (long)(86_400_000 * days[^1])) / 86_400_000.0,
            };
        }
    }
}
