namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// Days until a level is reached, from several experts. Each counts as much as it was right about lives that ended, of this device and of its
/// model; the interval holds nine in ten of the errors those lives made at this stage, and is adapted to how often it held before (conformal prediction:
/// right in the long run, whatever the experts are wrong about). Where nothing is known of other lives, the shapes fitted to this one speak alone and the
/// interval is as wide as they disagree and were wrong.
/// </summary>
internal ref struct LifeEstimate
{
    /// <summary>An expert without a record counts like one that was wrong by its usual error in so many lives.</summary>
    private const double PriorErrors = 3;

    /// <summary>Shapes are wrong by as much as this usually, however well they fit: a squared logarithm.</summary>
    private const double LeastUsual = 0.05;

    /// <summary>A life has this share of its time left at least, and this share of it behind.</summary>
    private const double LeastLeft = 0.02;
    private const double LeastShare = 0.004;

    /// <summary>A thousandth of a day, as a logarithm.</summary>
    private static readonly double LeastLog = Math.Log(1e-3);

    /// <summary>Errors as made at a stage this near, as a share of the life, count.</summary>
    private const double Near = 0.16;

    /// <summary>The interval of a battery of which nothing else is known counts like that of so many lives, and what was always wrong is believed by half after so many.</summary>
    private const double PriorLives = 3;
    private const double BelievedAfter = 8;

    /// <summary>Each side of an interval is so wide at least, so that there is something to widen.</summary>
    private const double LeastSide = 0.05;

    /// <summary>
    /// Spreads, standard deviations of the logarithm, to either side of the date where no life of the model has ended: a normal distribution has one in forty before and one in twenty after them.
    /// Cells end with a knee, so that the side before is the wider one.
    /// </summary>
    private const double EarlySpreads = 2;
    private const double LateSpreads = 1.645;

    /// <summary>The knee of a bare voltage: below the low level a cell may take a tenth of the time its past suggests.</summary>
    private const double EarlyBeyondKnee = 0.1;

    /// <summary>A course that does not fall may end after this share of its age all the same.</summary>
    private const double EarlyOfNone = 0.1;

    /// <summary>One life in twenty may end before the interval, and one after it; each that does widens that side by so much, as a logarithm, within bounds.</summary>
    private const double MissedEachSide = 0.05;
    private const double WidthPerMiss = 0.5;
    private const double MostWidth = 4;

    private readonly ReadOnlySpan<LifeLesson> _lives;
    private readonly Span<double> _days;

    public LifeEstimate(ReadOnlySpan<LifeLesson> lives, Span<double> days)
    {
        _lives = lives;
        _days = days;
    }

    /// <summary>Usual squared error of the logarithm, before a life has ended.</summary>
    private static double Usual(Expert expert) => expert switch
    {
        Expert.Line => 0.5,
        Expert.Lives => 0.5,
        Expert.Season => 1,
        _ => 0,
    };

    /// <summary>Days left as each expert has it, into the span, and as they have it together.</summary>
    public (double Days, double Earliest, double Latest) Combine(in OwnPast past)
    {
        // A fall gathers speed: where the latest part says an earlier date than the whole course, it is right more often. A course that never gets there has no date.
        var (shapes, line, spread) = (past.Shapes, past.Line, past.Spread);
        var own = Math.Min(shapes, double.IsFinite(line) && !past.NeverGetsThere ? Math.Max(line, 1e-6) : shapes);
        _days[(int)Expert.Shapes] = own;
        _days[(int)Expert.Line] = line;
        Span<double> ways = stackalloc double[_lives.Length];
        _days[(int)Expert.Lives] = ByLives(past.Age, past.Fall, Ways(past.Fall, ways));
        _days[(int)Expert.Season] = BySeason(past.Today);
        // Where the latest fall says something else than the whole life, who of them is right is not known.
        if (line < past.Furthest)
            spread = Math.Sqrt(spread * spread + 0.25 * Math.Pow(Math.Log(Math.Max(line, 1e-6) / Math.Max(shapes, 1e-6)), 2));
        var width = Math.Sqrt(spread * spread + past.Noise * past.Noise);
        var (early, late) = (Math.Min(-EarlySpreads * width, past.IsKnee ? Math.Log(EarlyBeyondKnee) : 0), LateSpreads * width + Math.Log(Math.Max(shapes, 1e-9) / Math.Max(own, 1e-9)));
        if (past.NeverGetsThere)
            early = Math.Min(early, Math.Log(EarlyOfNone * past.Age / own));
        if (_lives.IsEmpty)
            return (own, own * Math.Exp(early), own * Math.Exp(late));
        var together = Weighted(in past, spread);
        // How far the others are believed is how much better they would have foretold than each life by itself; what a course that has shown no knee says of the time below it is no match.
        if (!past.NeverGetsThere && !past.IsKnee)
            together = Math.Exp(Math.Log(own) + Belief(past.Fall, spread) * Math.Log(together / own));
        _days[(int)Expert.Together] = together;
        var (low, middle, high) = Errors(past.Fall, early, late);
        var (lower, upper) = Misses(past.Fall);
        return (together * Math.Exp(middle), together * Math.Exp(middle + lower * (low - middle)), together * Math.Exp(middle + upper * (high - middle)));
    }

    private readonly double Weighted(in OwnPast past, double spread)
    {
        double sum = 0, weights = 0;
        for (var expert = Expert.Shapes; expert < Expert.Together; expert++)
        {
            var days = _days[(int)expert];
            // A line that does not fall says nothing; shapes that never get there say that it takes long.
            if (double.IsNaN(days) || (expert != Expert.Shapes && days >= past.Furthest))
                continue;
            var (squares, count) = Record(expert, past.Fall);
            if (expert != Expert.Shapes && count == 0)
                continue;
            var usual = expert == Expert.Shapes ? spread * spread : Usual(expert);
            var weight = 1 / ((PriorErrors * usual + squares) / (PriorErrors + count) + 0.003);
            // A wrong expert is left out rather than averaged in.
            weight *= weight;
            sum += weight * Math.Log(Math.Clamp(days, 1e-6, past.Furthest));
            weights += weight;
        }
        return weights > 0 ? Math.Exp(sum / weights) : past.Furthest;
    }

    /// <summary>Squared errors of an expert at this stage of the lives, each of which counts as one, and how many lives.</summary>
    private readonly (double Squares, double Count) Record(Expert expert, double fall)
    {
        double squares = 0, count = 0;
        Span<double> ways = stackalloc double[_lives.Length];
        if (expert == Expert.Lives)
            Ways(fall, ways);
        for (var life = 0; life < _lives.Length; life++)
        {
            var square = expert == Expert.Lives ? SquareByOthers(life, fall, ways) : Square(life, expert, fall);
            if (double.IsNaN(square))
                continue;
            squares += square;
            count++;
        }
        return (squares, count);
    }

    /// <summary>Mean squared error of an expert at this stage of a life; shapes and lines that foretold nothing were wrong by e, others were not asked (NaN).</summary>
    private readonly double Square(int life, Expert expert, double fall)
    {
        double squares = 0, weights = 0;
        for (var origin = 0; origin < LifeLesson.Origins.Length; origin++)
        {
            var (weight, error) = (Weight(_lives[life].TimeShare(fall), LifeLesson.Origins[origin]), _lives[life].Error(expert, origin));
            if (weight == 0 || (double.IsNaN(error) && expert is not (Expert.Shapes or Expert.Line)))
                continue;
            squares += weight * (double.IsNaN(error) ? 1 : error * error);
            weights += weight;
        }
        return squares / weights;
    }

    /// <summary>How wrong the other lives were about one of them, when it had fallen as far; NaN = there are no others.</summary>
    private readonly double SquareByOthers(int life, double fall, ReadOnlySpan<double> ways)
    {
        ref readonly var lesson = ref _lives[life];
        var age = Math.Clamp(lesson.TimeShare(fall), LeastShare, 1 - LeastLeft) * lesson.Days;
        return Math.Pow(Math.Log((lesson.Days - age) / ByLives(age, fall, ways, life)), 2);
    }

    /// <summary>How many times as long as they were old the lives had left when they had fallen so far, as logarithms, into the span: each is asked about each.</summary>
    private readonly ReadOnlySpan<double> Ways(double fall, Span<double> ways)
    {
        for (var i = 0; i < _lives.Length; i++)
            ways[i] = Math.Log(1 / Math.Max(_lives[i].TimeShare(fall), LeastShare) - 1);
        return ways;
    }

    /// <summary>
    /// What share of the way from the battery's own estimate to all of them together is gone: the errors of both at this stage of the lives, squared as the experts' weights are. A life that had no others yet says nothing
    /// of it, and before any does they count alike, as in so many lives.
    /// </summary>
    private readonly double Belief(double fall, double spread)
    {
        var usual = PriorErrors * Math.Max(spread * spread, LeastUsual);
        var (own, together) = (usual, usual);
        for (var life = 0; life < _lives.Length; life++)
        {
            var square = Square(life, Expert.Together, fall);
            if (double.IsNaN(square))
                continue;
            together += square;
            own += Square(life, Expert.Shapes, fall);
        }
        return own * own / (own * own + together * together);
    }

    /// <summary>
    /// The middle of the errors that the lives made at this stage, and those between which nine in ten lie, each life counting as one. The fewer lives there are, the more a side is what
    /// both sides together say, and what is said of a battery of which nothing else is known.
    /// </summary>
    private readonly (double Low, double Middle, double High) Errors(double fall, double early, double late)
    {
        Span<(double Error, double Weight)> errors = stackalloc (double, double)[_lives.Length * LifeLesson.Origins.Length];
        var (n, lives) = (0, 0);
        foreach (ref readonly var life in _lives)
        {
            var (first, weights) = (n, 0.0);
            for (var i = 0; i < LifeLesson.Origins.Length; i++)
            {
                if (Weight(life.TimeShare(fall), LifeLesson.Origins[i]) is var weight and > 0 && life.Error(Expert.Together, i) is var error && !double.IsNaN(error))
                {
                    errors[n++] = (error, weight);
                    weights += weight;
                }
            }
            foreach (ref var error in errors[first..n])
                error.Weight /= weights;
            lives += n > first ? 1 : 0;
        }
        if (lives == 0)
            return (early, 0, late);
        errors = errors[..n];
        var middle = Quantile(errors, 0.5) * lives / (lives + BelievedAfter);
        foreach (ref var error in errors)
            error.Error -= middle;
        var (low, high) = (-Quantile(errors, MissedEachSide), Quantile(errors, 1 - MissedEachSide));
        foreach (ref var error in errors)
            error.Error = Math.Abs(error.Error);
        var both = Quantile(errors, 1 - 2 * MissedEachSide);
        return (middle - Side(low, -early), middle, middle + Side(high, late));

        double Side(double seen, double prior)
        {
            var side = (lives * Math.Max(seen, 0) + both) / (lives + 1);
            return Math.Exp((lives * Math.Log(Math.Max(side, LeastSide)) + PriorLives * Math.Log(Math.Max(prior, LeastSide))) / (lives + PriorLives));
        }
    }

    /// <summary>The first error up to which a share of the weight lies; sorts them.</summary>
    private static double Quantile(Span<(double Error, double Weight)> errors, double share)
    {
        errors.Sort((a, b) => a.Error.CompareTo(b.Error));
        var (total, seen) = (0.0, 0.0);
        foreach (var (_, weight) in errors)
            total += weight;
        foreach (var (error, weight) in errors)
        {
            seen += weight;
            // A rounding step less is as much.
            if (seen >= share * total - 1e-9)
                return error;
        }
        return errors[^1].Error;
    }

    /// <summary>
    /// How much wider or narrower each side of the interval is for how often it missed before: by each life that ended outside it at this stage wider, by each that did not a
    /// twentieth as much narrower, so that in the long run one in twenty misses on each side whatever the errors are (adaptive conformal inference: Gibbs and Candes, 2021; here as
    /// the quantile itself is followed, Angelopoulos, Candes and Tibshirani, 2023).
    /// </summary>
    private readonly (double Lower, double Upper) Misses(double fall)
    {
        var (lower, upper) = (0.0, 0.0);
        foreach (ref readonly var life in _lives)
        {
            if (!life.HasIntervals)
                continue;
            double before = 0, after = 0, weights = 0;
            for (var i = 0; i < LifeLesson.Origins.Length; i++)
            {
                var weight = Weight(life.TimeShare(fall), LifeLesson.Origins[i]);
                weights += weight;
                before += life.EndedBefore(i) ? weight : 0;
                after += life.EndedAfter(i) ? weight : 0;
            }
            if (weights == 0)
                continue;
            lower += before / weights - MissedEachSide;
            upper += after / weights - MissedEachSide;
        }
        return (Width(lower), Width(upper));

        static double Width(double misses) => Math.Clamp(Math.Exp(WidthPerMiss * misses), 1 / MostWidth, MostWidth);
    }

    private static double Weight(double share, double origin) => Math.Max(0, 1 - Math.Abs(Math.Clamp(share, 0.5, 0.95) - origin) / Near);

    /// <summary>Median of what the lives say: so much of the fall was done after such a share of the time; before a fall has begun, how long they took.</summary>
    /// <param name="age">Days since the life began.</param>
    /// <param name="fall">Share of the fall that is done.</param>
    /// <param name="ways">See <see cref="Ways"/>.</param>
    /// <param name="besides">The life that is not asked.</param>
    private readonly double ByLives(double age, double fall, ReadOnlySpan<double> ways, int besides = -1)
    {
        Span<double> left = stackalloc double[_lives.Length];
        var (n, old, done) = (0, Math.Log(age), fall / 0.4);
        for (var i = 0; i < _lives.Length; i++)
        {
            if (i == besides)
                continue;
            var byWay = Math.Max(old + ways[i], LeastLog);
            // The less of the fall is done, the less it says about the pace.
            left[n++] = done >= 1 ? byWay : done * byWay + (1 - done) * Math.Log(Math.Max(_lives[i].Days - age, LeastLeft * _lives[i].Days));
        }
        if (n == 0)
            return double.NaN;
        left = left[..n];
        left.Sort();
        return n % 2 == 1 ? Math.Exp(left[n / 2]) : (Math.Exp(left[n / 2 - 1]) + Math.Exp(left[n / 2])) / 2;
    }

    /// <summary>Days until the time of year at which lives end, where they agree within six weeks over more than one year; else NaN.</summary>
    private readonly double BySeason(double today)
    {
        const double Year = 365.2425;
        double x = 0, y = 0, first = double.MaxValue, last = 0;
        foreach (ref readonly var life in _lives)
        {
            var angle = life.At / Year * Math.Tau;
            (x, y, first, last) = (x + Math.Cos(angle), y + Math.Sin(angle), Math.Min(first, life.At), Math.Max(last, life.At));
        }
        if (_lives.Length < 2 || last - first < 200 || Math.Sqrt(x * x + y * y) < 0.75 * _lives.Length)
            return double.NaN;
        var end = Math.Atan2(y, x) / Math.Tau * Year;
        var left = (end - today) % Year;
        return left < -30 ? left + Year : left < 1 ? Math.Max(left + (left < -30 ? Year : 0), 1) : left;
    }
}
