using IoTBackend.Core.Detection;
using IoTBackend.Core.Releases.Judging.Statistics;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// Whether batteries drain faster since the update: each device's drain after it less its own before, and the same of devices of its model that are not yet updated, over the same days
/// (difference in differences). A device is one figure, however often it reports, so that what its readings have in common deceives nobody (Bertrand, Duflo and Mullainathan 2004). The shift between the two
/// groups is a median of pairs: no outlier moves it. That some batteries are emptied while most are well is seen by counting those that drain at least twice as fast as before.
/// </summary>
internal sealed class DrainCriterion(double worse)
{
    public const string Name = "drain";

    /// <summary>Fewer devices on either side say nothing.</summary>
    public const int Fewest = 5;

    /// <summary>Devices that drain faster by so many times the limit are counted: with a limit of 25 %, twice as fast.</summary>
    private const double TerribleTimes = 4;

    /// <summary>Voltages within so much of each other are alike, a share.</summary>
    private const double VoltsAlike = 0.02;

    /// <summary>Of the budget of errors the shift's part, and the count's.</summary>
    private const double ShiftPart = 0.8;

    /// <summary>What could have been seen would have been in four cases of five (Cohen 1988).</summary>
    private const double Power = 0.8416;

    /// <summary>Where several models are judged, the part of all of them together; the models share the rest.</summary>
    private const double AllPart = 0.5;

    /// <summary>A slope below this part of what is usual is nothing but noise: taken for so much.</summary>
    private const double LeastPart = 0.25;

    /// <summary>What is to be seen: device-hours after the switch.</summary>
    public double Hours { get; private set; }

    private readonly List<Group> _groups = [];

    public bool CanJudge => _groups.Count > 0;

    /// <summary>Takes the devices in, model by model.</summary>
    public void Add(IReadOnlyList<Watched> updated, IReadOnlyList<Watched> others, DateTimeOffset now)
    {
        var switched = updated.Where(w => w.Seen is { HasBattery: true, DigestSince: not null }).OrderBy(w => w.ToldAt).ToArray();
        foreach (var model in switched.GroupBy(w => w.Model))
        {
            var moments = model.Select(w => (Told: w.ToldAt!.Value, Switched: w.Seen.DigestSince!.Value > w.ToldAt ? w.Seen.DigestSince.Value : w.ToldAt.Value)).ToArray();
            var one = model.Select((w, i) => Sample(w, moments[i])).OfType<DrainSample>().ToArray();
            var other = others.Where(w => w.Model == model.Key && w.Seen.HasBattery).Select((w, i) => Sample(w, moments[i % moments.Length])).OfType<DrainSample>().ToArray();
            if (one.Length < Fewest || other.Length < Fewest || Usual(one, other) <= 0)
                continue;
            var alike = Alike(one, other);
            if (alike.Sum(p => p.One.Length) < Fewest)
                continue;
            Hours += one.Sum(s => s.AfterHours);
            _groups.Add(new(model.Key.Length > 0 ? $"devices of model {model.Key}" : "devices of no model", alike));
        }
        if (_groups.Count > 1)
            _groups.Insert(0, new("devices", [.. _groups.SelectMany(g => g.Alike)]));

        DrainSample? Sample(Watched device, (DateTimeOffset Told, DateTimeOffset Switched) moment) =>
            DrainSample.Of(device.Seen.Levels, moment.Told, moment.Switched, device.Seen.Interval, now);
    }

    /// <summary>Groups that are judged apart: a model that comes in makes one more.</summary>
    public int Groups => _groups.Count;

    /// <summary>Whether some are emptied while most are well; null = none is.</summary>
    public CriterionFinding? Count(int look)
    {
        var alpha = (1 - ShiftPart) * ErrorBudget.Drain * ErrorBudget.AtLook(look);
        return _groups.Select((g, i) => Count(g, alpha * PartOf(i))).OfType<CriterionFinding>().FirstOrDefault();
    }

    /// <summary>Whether most drain faster, and how fine that is seen: 1 = twice the limit would be, 2 = the limit, 3 = half of it ...; 0 = not even that.</summary>
    public (CriterionFinding Found, int Fineness) Shift(int look)
    {
        var findings = _groups.Select((g, i) => Shift(g, ErrorBudget.AtFinerLook(look) * PartOf(i))).ToList();
        var (all, worst) = (findings[0], findings.Find(f => f.Answer == Answer.Worse));
        // All together are not worse; one model by itself that looks as bad as the limit is still in doubt.
        if (worst is null && all.Answer == Answer.NotWorse && findings.Find(f => f.Effect >= worse) is { } doubtful)
            worst = doubtful with { Answer = Answer.CannotTell };
        return (worst ?? all, all.SmallestEffect is { } seen && seen <= 2 * worse ? 2 + (int)Math.Floor(Math.Log2(worse / seen)) : 0);
    }

    private double PartOf(int group) => _groups.Count == 1 ? 1 : group == 0 ? AllPart : (1 - AllPart) / (_groups.Count - 1);

    private CriterionFinding? Count(Group group, double alpha)
    {
        var (terrible, usual) = (group.Alike.Sum(p => p.One.Count(IsTerrible)), group.Alike.Sum(p => p.Other.Count(IsTerrible)));
        return Shares.Fisher(terrible, group.Ones, usual, group.Others) > alpha ? null : new(Name, Answer.Worse,
            $"{terrible} of {group.Ones} {group.Name} drain at least {Say.Share(TerribleTimes * worse)} faster than before, and {usual} of {group.Others} that are not yet updated.");
    }

    private CriterionFinding Shift(Group group, double part)
    {
        var alpha = ShiftPart * ErrorBudget.Drain * part;
        var shift = RankShift.Of([.. group.Alike.Select(p => (Times(p.One), Times(p.Other)))], alpha, ErrorBudget.NotWorse * part);
        var effect = More(shift.Shift);
        double? low = double.IsFinite(shift.Low) ? More(shift.Low) : null, high = double.IsFinite(shift.High) ? More(shift.High) : null;
        double? smallest = low is null ? null : More((shift.Shift - shift.Low) * (1 + Power / Special.NormalQuantile(alpha)));
        // What would not have been seen had it been there is not excluded.
        var answer = high < worse && smallest <= worse ? Answer.NotWorse : low > 0 && !(high < worse) ? Answer.Worse : Answer.CannotTell;
        return new(Name, answer,
            $"{group.Ones} {group.Name} drain {Faster(effect)} than before, against {group.Others} that are not yet updated ({Between(low, high)}); "
            + (smallest is null ? "so few would show nothing." : $"less than {Say.Share(smallest.Value)} would not have been seen."),
            effect, low, high, smallest);

        static double[] Times(Change[] changes) => [.. changes.Select(c => c.LogTimes)];

        static double More(double logTimes) => Math.Exp(logTimes) - 1;
    }

    private static string Faster(double shift) => shift >= 0 ? $"{Say.Share(shift)} faster" : $"{Say.Share(-shift)} slower";

    private static string Between(double? low, double? high) =>
        $"between {(low is null ? "anything" : Say.Share(low.Value))} and {(high is null ? "anything" : Say.Share(high.Value))}";

    /// <summary>What devices lose a day: the median of what was before.</summary>
    private static double Usual(IEnumerable<DrainSample> one, IEnumerable<DrainSample> other)
    {
        double[] before = [.. one.Concat(other).Select(s => s.Before).Order()];
        return (before[before.Length / 2] + before[(before.Length - 1) / 2]) / 2;
    }

    private bool IsTerrible(Change change) => change.OfUsual >= TerribleTimes * worse;

    /// <summary>Voltages are compared only with voltages as high, and with what is usual there: a curve that bends is no drain.</summary>
    private static List<(Change[] One, Change[] Other)> Alike(DrainSample[] one, DrainSample[] other)
    {
        var others = other.ToLookup(Level);
        return [.. one.GroupBy(Level).Where(g => others[g.Key].Skip(Fewest - 1).Any() && Usual(g, others[g.Key]) > 0)
            .Select(g => (Changes(g, Usual(g, others[g.Key])), Changes(others[g.Key], Usual(g, others[g.Key]))))];

        static Change[] Changes(IEnumerable<DrainSample> samples, double usual) => [.. samples.Select(s => new Change((s.After - s.Before) / usual, Math.Log(Some(s.After, usual) / Some(s.Before, usual))))];

        static double Some(double slope, double usual) => Math.Max(slope, LeastPart * usual);

        static int Level(DrainSample sample) => sample.Volts <= 0 ? 0 : (int)(Math.Log(sample.Volts) / VoltsAlike);
    }

    /// <param name="OfUsual">How much more it loses, as a part of what is usual: what empties batteries.</param>
    /// <param name="LogTimes">How many times what it lost itself, logarithm: devices that drain at different paces are alike in this.</param>
    private readonly record struct Change(double OfUsual, double LogTimes);

    private sealed record Group(string Name, IReadOnlyList<(Change[] One, Change[] Other)> Alike)
    {
        public int Ones { get; } = Alike.Sum(p => p.One.Length);

        public int Others { get; } = Alike.Sum(p => p.Other.Length);
    }
}
