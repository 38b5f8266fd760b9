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
    private const double ShiftPart = 2 / 3.0;

    /// <summary>Powers are nine in ten.</summary>
    private const double Power = 1.2816;

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
            _groups.Add(new($"devices of model {model.Key}", alike));
        }
        if (_groups.Count > 1)
            _groups.Insert(0, new("devices", [.. _groups.SelectMany(g => g.Alike)]));

        DrainSample? Sample(Watched device, (DateTimeOffset Told, DateTimeOffset Switched) moment) =>
            DrainSample.Of(device.Seen.Levels, moment.Told, moment.Switched, device.Seen.Interval, now);
    }

    public CriterionFinding Judge(int look)
    {
        var part = ErrorBudget.AtLook(look) / _groups.Count;
        var findings = _groups.ConvertAll(g => Judge(g, part));
        if (findings.Find(f => f.Answer == Answer.Worse) is { } found)
            return found;
        // All together are not worse; one model by itself that looks as bad as the limit is still in doubt.
        return findings.Find(f => f.Effect >= worse) is { } doubtful && findings[0].Answer == Answer.NotWorse ? doubtful with { Answer = Answer.CannotTell } : findings[0];
    }

    private CriterionFinding Judge(Group group, double part)
    {
        var alpha = ErrorBudget.Worse * part;
        var shift = RankShift.Of(group.Alike, ShiftPart * alpha, ErrorBudget.NotWorse * part);
        double? low = double.IsFinite(shift.Low) ? shift.Low : null, high = double.IsFinite(shift.High) ? shift.High : null;
        var z = Special.NormalQuantile(ShiftPart * alpha);
        var smallest = low is null ? null : (shift.Shift - low) * (1 + Power / z);
        var (terrible, usual) = (group.Alike.Sum(p => p.One.Count(IsTerrible)), group.Alike.Sum(p => p.Other.Count(IsTerrible)));
        if (Shares.Fisher(terrible, group.Ones, usual, group.Others) <= (1 - ShiftPart) * alpha)
        {
            return new(Name, Answer.Worse,
                $"{terrible} of {group.Ones} {group.Name} drain at least {Say.Share(TerribleTimes * worse)} faster than before, and {usual} of {group.Others} that are not yet updated.",
                shift.Shift, low, high, smallest);
        }
        var answer = high < worse ? Answer.NotWorse : low > 0 ? Answer.Worse : Answer.CannotTell;
        return new(Name, answer,
            $"{group.Ones} {group.Name} drain {Faster(shift.Shift)} than before, against {group.Others} that are not yet updated ({Between(low, high)}); "
            + (smallest is null ? "so few would show nothing." : $"less than {Say.Share(smallest.Value)} would not have been seen."),
            shift.Shift, low, high, smallest);
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

    private bool IsTerrible(double change) => change >= TerribleTimes * worse;

    /// <summary>The changes of drain, as parts of the usual drain. Voltages are compared only with voltages as high, and with what is usual there: a curve that bends is no drain.</summary>
    private static List<(double[] One, double[] Other)> Alike(DrainSample[] one, DrainSample[] other)
    {
        var others = other.ToLookup(Level);
        return [.. one.GroupBy(Level).Where(g => others[g.Key].Skip(Fewest - 1).Any() && Usual(g, others[g.Key]) > 0)
            .Select(g => (Changes(g, Usual(g, others[g.Key])), Changes(others[g.Key], Usual(g, others[g.Key]))))];

        static double[] Changes(IEnumerable<DrainSample> samples, double usual) => [.. samples.Select(s => (s.After - s.Before) / usual)];

        static int Level(DrainSample sample) => sample.Volts <= 0 ? 0 : (int)(Math.Log(sample.Volts) / VoltsAlike);
    }

    private sealed record Group(string Name, IReadOnlyList<(double[] One, double[] Other)> Alike)
    {
        public int Ones { get; } = Alike.Sum(p => p.One.Length);

        public int Others { get; } = Alike.Sum(p => p.Other.Length);
    }
}
