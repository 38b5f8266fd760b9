namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>The long intervals of a device's memory, in units of the usual one, and the timeout that follows from them.</summary>
internal struct IntervalTail
{
    /// <summary>
    /// Intervals of silence at which an accident is less likely than a silence worth telling: ten, where one in two messages
    /// lost explains one pause in a thousand.
    /// </summary>
    private const double Most = 10;

    /// <summary>
    /// The same for a lossy link, whose usual interval is known to half at best: the geometric middle of ten, where chance still explains
    /// much, and twenty, where it explains nothing.
    /// </summary>
    private const double MostLossy = 14.1;

    /// <summary>The same for a device of which little is known.</summary>
    private const double MostAtFirst = 14;

    /// <summary>The same for a device whose pauses of ten to twenty intervals mostly end by themselves.</summary>
    private const double MostPausing = 19;

    /// <summary>The same with an exhausted battery, if losses do not explain more: the silence was to be expected, and somebody has to go there anyway.</summary>
    private const double MostExhausted = 5;

    /// <summary>From so many intervals on it is a pause.</summary>
    private const double Pause = 5;

    private const double Fewest = 2.5;
    private const double FewestAtFirst = 6;

    /// <summary>Intervals from which the tail is known well enough to extrapolate.</summary>
    private const double Enough = 64;

    /// <summary>Messages assumed lost before any evidence: few intervals seen prove little.</summary>
    private const double PriorLosses = 8;

    /// <summary>Losses come in bursts, so that the learned tail is stretched.</summary>
    private const double Burstiness = 1.3;

    /// <summary>From this share of messages lost on long pauses are losses rather than the device's own rhythm.</summary>
    public const double Lossy = 0.2;

    private float _count;
    private float _longest;
    private float _third;
    private float _thirtieth;

    /// <summary>What one interval in twenty reaches.</summary>
    private float _often;

    /// <summary>Longest pause that a habit of pausing explains: see <see cref="Habit"/>.</summary>
    private float _habit;

    /// <summary>Longest pause under twenty intervals, where such pauses outnumber longer silences; else 0.</summary>
    private float _pause;

    public static IntervalTail Of(in IntervalHistogram memory)
    {
        var often = memory.Longest(Math.Max(2, 0.05 * memory.Count));
        // From twenty intervals on it was a silence, not an interval; unless such long ones are the rhythm.
        var outages = often > Most ? 0 : memory.Beyond(2 * Most);
        return new()
        {
            _count = (float)memory.Count,
            _longest = (float)memory.Longest(outages + 1),
            _third = (float)memory.Longest(outages + 3),
            _thirtieth = (float)memory.Longest(outages + 30),
            _often = (float)often,
            _habit = (float)Habit(in memory),
            _pause = often <= Most && memory.Beyond(Most) > 2 * outages ? (float)memory.Longest(outages + 0.5) : 0,
        };
    }

    /// <summary>
    /// Pauses that keep to a measure are a rhythm: half as long again as all but a tenth of them is still part of it. Pauses of any length are
    /// a device that goes in and out, where a silence half as long again as most of them is one to tell.
    /// </summary>
    private static double Habit(in IntervalHistogram memory)
    {
        var pauses = memory.Beyond(Pause);
        var (usual, upper) = (memory.Longest(0.5 * pauses), memory.Longest(0.1 * pauses));
        return 1.5 * (upper <= 2 * usual ? upper : usual);
    }

    /// <summary>The silence that chance explains no more often than the budget allows, in usual intervals.</summary>
    /// <param name="allowed">Accepted false alarms per interval.</param>
    /// <param name="lossShare">Share of messages lost of late by the counter; 0 where there is none.</param>
    /// <param name="expectation">What else is known about the silence.</param>
    /// <remarks>
    /// Two tails, the longer one counts. What no interval seen so far excludes: with <c>k</c> of <c>n</c> messages lost the
    /// chance of <c>j</c> losses in a row is <c>(k/n)^j</c>. What was seen: the third longest interval, and from there an
    /// exponential tail as steep as between the thirtieth and the third.
    /// </remarks>
    public readonly double Timeout(double allowed, double lossShare, SilenceExpectation expectation)
    {
        var chance = Math.Clamp(PriorLosses / (_count + 20), lossShare, Math.Max(0.3, lossShare));
        var byChance = 1 + Math.Log(allowed) / Math.Log(chance);
        var timeout = byChance;
        if (_count > Enough)
        {
            var slope = Math.Max(0, _third - _thirtieth) / Math.Log(10);
            timeout = Math.Max(timeout, (1.1 * _third + slope * Math.Max(0, Math.Log(3 / _count / allowed))) * Burstiness);
        }
        else
        {
            timeout = Math.Max(Math.Max(timeout, 1.5 * _longest), FewestAtFirst);
        }
        if (lossShare >= Lossy)
            return Math.Clamp(timeout, Fewest, expectation == SilenceExpectation.Another ? Most : MostLossy);
        // Long pauses are part of the rhythm where one interval in twenty is ten times the usual one or more.
        var most = _often > Most ? _habit : 0;
        if (expectation == SilenceExpectation.Last)
            return Math.Clamp(timeout, Fewest, Math.Max(Math.Clamp(byChance, MostExhausted, Most), most));
        if (_pause > 0)
            return Math.Clamp(Math.Max(timeout, 1.15 * _pause), Fewest, Math.Max(MostPausing, most));
        return Math.Clamp(timeout, Fewest, Math.Max(_count > Enough ? Most : MostAtFirst, most));
    }
}
