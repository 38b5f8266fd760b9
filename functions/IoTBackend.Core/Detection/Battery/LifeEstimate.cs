namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// Days until a level is reached, from several experts. Each counts as much as it was right about lives that ended, of this device and of its
/// model; the interval holds nine in ten of the errors those lives made at this stage (split conformal prediction: right by construction, whatever
/// the experts are wrong about). Where nothing is known of other lives, the shapes fitted to this one speak alone and the interval is as wide as
/// they disagree and were wrong.
/// </summary>
internal ref struct LifeEstimate
{
    /// <summary>An expert without a record counts like one with so many errors of its usual size.</summary>
    private const double PriorErrors = 4;

    /// <summary>Errors as made at a stage this near, as a share of the life, count.</summary>
    private const double Near = 0.16;

    /// <summary>From so many lives on their errors alone say how wide the interval is.</summary>
    private const double EnoughLives = 40;

    /// <summary>Standard deviations of a normal distribution that hold 90 %.</summary>
    private const double NinetyPercent = 1.645;

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

    /// <summary>Days left as each expert has it, into the span; the shapes' and the line's are given.</summary>
    /// <param name="age">Days since the life began.</param>
    /// <param name="fall">Share of the fall to the level that is done.</param>
    /// <param name="today">Days since 1970.</param>
    /// <param name="shapes">Days left by the shapes.</param>
    /// <param name="line">Days left by the line.</param>
    /// <param name="spread">How wrong the shapes are by their own record, as a logarithm.</param>
    /// <param name="most">No further ahead.</param>
    /// <param name="knee">The share of the days left that a knee may leave, where no lives say more; 1 = there is none.</param>
    public (double Days, double Earliest, double Latest) Combine(double age, double fall, double today, double shapes, double line, double spread, double most, double knee)
    {
        // A fall gathers speed: where the latest part says an earlier date than the whole course, it is right more often. A course that never gets there has no date.
        var own = Math.Min(shapes, double.IsFinite(line) && shapes < 0.999 * most ? Math.Max(line, 1e-6) : shapes);
        _days[(int)Expert.Shapes] = own;
        _days[(int)Expert.Line] = line;
        _days[(int)Expert.Lives] = ByLives(age, fall);
        _days[(int)Expert.Season] = BySeason(today);
        // Where the latest fall says something else than the whole life, who of them is right is not known.
        if (double.IsFinite(line) && line < most && shapes < most)
            spread = Math.Sqrt(spread * spread + 0.25 * Math.Pow(Math.Log(Math.Max(line, 1e-6) / Math.Max(shapes, 1e-6)), 2));
        if (_lives.IsEmpty)
            return (own, own * Math.Min(knee, Math.Exp(-NinetyPercent * spread)), shapes * Math.Exp(NinetyPercent * spread));
        var together = Weighted(fall, spread, most);
        _days[(int)Expert.Together] = together;
        var (low, high) = Errors(fall, spread, Math.Log(knee));
        return (together, together * Math.Exp(low), together * Math.Exp(high));
    }

    private readonly double Weighted(double fall, double spread, double most)
    {
        double sum = 0, weights = 0;
        for (var expert = Expert.Shapes; expert < Expert.Together; expert++)
        {
            var days = _days[(int)expert];
            // A line that does not fall says nothing; shapes that never get there say that it takes long.
            if (double.IsNaN(days) || (expert != Expert.Shapes && days >= most))
                continue;
            var (squares, count) = Record(expert, fall);
            if (expert != Expert.Shapes && count == 0)
                continue;
            var usual = expert == Expert.Shapes ? spread * spread : Usual(expert);
            var weight = 1 / ((PriorErrors * usual + squares) / (PriorErrors + count) + 0.003);
            // A wrong expert is left out rather than averaged in.
            weight *= weight;
            sum += weight * Math.Log(Math.Clamp(days, 1e-6, most));
            weights += weight;
        }
        return weights > 0 ? Math.Exp(sum / weights) : most;
    }

    /// <summary>Squared errors of an expert at this stage of other lives; one that foretold nothing was wrong by e.</summary>
    private readonly (double Squares, double Count) Record(Expert expert, double fall)
    {
        double squares = 0, count = 0;
        foreach (ref readonly var life in _lives)
        {
            for (var i = 0; i < LifeLesson.Origins.Length; i++)
            {
                var weight = Weight(life.TimeShare(fall), LifeLesson.Origins[i]);
                if (weight == 0)
                    continue;
                var error = life.Error(expert, i);
                if (double.IsNaN(error) && (expert is Expert.Lives or Expert.Season))
                    continue;
                squares += weight * (double.IsNaN(error) ? 1 : error * error);
                count += weight;
            }
        }
        return (squares, count);
    }

    /// <summary>Errors between which nine in ten lie: those of the lives, and a few as large as the shapes' own record, which matter less the more lives there are.</summary>
    private readonly (double Low, double High) Errors(double fall, double spread, double knee)
    {
        ReadOnlySpan<double> normal = [-1.96, -1.28, -0.84, -0.43, 0, 0.43, 0.84, 1.28, 1.96];
        Span<(double Error, double Weight)> errors = stackalloc (double, double)[(_lives.Length * LifeLesson.Origins.Length) + normal.Length];
        var (n, total) = (0, 0.0);
        foreach (ref readonly var life in _lives)
        {
            for (var i = 0; i < LifeLesson.Origins.Length; i++)
            {
                if (Weight(life.TimeShare(fall), LifeLesson.Origins[i]) is var weight and > 0 && life.Error(Expert.Together, i) is var error && !double.IsNaN(error))
                {
                    errors[n++] = (error, weight);
                    total += weight;
                }
            }
        }
        foreach (var deviation in normal)
        {
            errors[n++] = (deviation * spread, 3.0 / normal.Length);
            total += 3.0 / normal.Length;
        }
        errors = errors[..n];
        errors.Sort((a, b) => a.Error.CompareTo(b.Error));
        // One more than there are: the next life's own error.
        var tail = Math.Max(0, 0.05 * total - 0.5);
        var (low, high, seen) = (errors[0].Error, errors[^1].Error, 0.0);
        foreach (var (error, weight) in errors)
        {
            seen += weight;
            if (seen <= tail)
                low = error;
            if (seen <= total - tail)
                high = error;
        }
        // So few lives say little of how wrong one can be.
        var few = Math.Max(0, 1 - _lives.Length / EnoughLives);
        return (Math.Min(low, few * Math.Min(knee, -NinetyPercent * spread)), Math.Max(high, few * NinetyPercent * spread));
    }

    private static double Weight(double share, double origin) => Math.Max(0, 1 - Math.Abs(Math.Clamp(share, 0.5, 0.95) - origin) / Near);

    /// <summary>Median of what the lives say: so much of the fall was done after such a share of the time; before a fall has begun, how long they took.</summary>
    private readonly double ByLives(double age, double fall)
    {
        if (_lives.IsEmpty)
            return double.NaN;
        Span<double> left = stackalloc double[_lives.Length];
        var n = 0;
        foreach (ref readonly var life in _lives)
        {
            var share = life.TimeShare(fall);
            var byLength = Math.Max(life.Days - age, 0.02 * life.Days);
            var byWay = age * (1 / Math.Max(share, 0.004) - 1);
            // The less of the fall is done, the less it says about the pace.
            left[n++] = Math.Exp((Math.Min(1, fall / 0.4) * Math.Log(Math.Max(byWay, 1e-3))) + (Math.Max(0, 1 - fall / 0.4) * Math.Log(byLength)));
        }
        left.Sort();
        return n % 2 == 1 ? left[n / 2] : (left[n / 2 - 1] + left[n / 2]) / 2;
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
