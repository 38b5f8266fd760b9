using IoTBackend.Core.Detection;
using IoTBackend.Core.Releases.Judging.Statistics;

namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// Whether something happens to more of the updated devices than to those not yet updated, in the same time, in all and in each platform and model: Fisher's exact test, which is right for any number
/// of devices. Devices not updated are looked at from the moment at which an updated one was told, each in turn.
/// </summary>
/// <param name="name">Of the criterion.</param>
/// <param name="happened">What the sentence says of a device it happened to.</param>
/// <param name="happens">Since a moment; null = this device can say nothing about it.</param>
internal sealed class ShareCriterion(string name, string happened, Func<Sighting, DateTimeOffset, bool?> happens)
{
    /// <summary>So much more than among the others is no reason to stop, however sure: one device in a hundred.</summary>
    private const double Negligible = 0.01;

    private const int FewestOthers = 5;

    public static readonly ShareCriterion Silence = new("silence", "fell silent after the switch",
        (seen, since) => seen.LastSeen < since || seen.InOutage ? null : seen.IsSilent);

    public static readonly ShareCriterion Restarts = new("restarts", "restarted again after the switch",
        (seen, since) => !seen.HasCounter || seen.LastSeen < since ? null : seen.RestartsAfter(since) > 0);

    public CriterionFinding Judge(IReadOnlyList<Watched> updated, IReadOnlyList<Watched> others, double alpha)
    {
        var (one, other) = (Counted(updated, updated), Counted(others, updated));
        List<(string Name, Func<Watched, bool> Has)> groups = [("devices", _ => true)];
        foreach (var part in updated.Select(w => (Name: $"devices of {w.Platform}", Has: (Func<Watched, bool>)(o => o.Platform == w.Platform)))
            .Concat(updated.Select(w => (Name: $"devices of model {w.Model}", Has: (Func<Watched, bool>)(o => o.Model == w.Model)))).DistinctBy(p => p.Name))
        {
            if (one.Any(o => part.Has(o.Device)) && one.Any(o => !part.Has(o.Device)))
                groups.Add(part);
        }
        CriterionFinding? worst = null;
        foreach (var (group, has) in groups)
        {
            var finding = Compare(group, [.. one.Where(o => has(o.Device)).Select(o => o.Happened)], [.. other.Where(o => has(o.Device)).Select(o => o.Happened)], alpha / groups.Count);
            if (worst is null || finding.Answer > worst.Answer)
                worst = finding;
        }
        return worst!;
    }

    private CriterionFinding Compare(string group, bool[] one, bool[] other, double alpha)
    {
        if (one.Length == 0 || other.Length < FewestOthers)
            return new(name, Answer.CannotTell, one.Length == 0 ? $"Nothing is known yet of the updated {group}." : $"There are no {group} left to compare with that are not updated.");
        var (k, n, k0, n0) = (one.Count(h => h), one.Length, other.Count(h => h), other.Length);
        var (share, usual) = ((double)k / n, (double)k0 / n0);
        var high = Shares.Upper(k, n, ErrorBudget.NotWorse);
        var isWorse = share - usual > Negligible && Shares.Fisher(k, n, k0, n0) <= alpha;
        var smallest = Shares.SmallestSeen(n, k0, n0, alpha);
        var answer = isWorse ? Answer.Worse : high <= usual + 5 * Negligible ? Answer.NotWorse : Answer.CannotTell;
        return new(name, answer,
            $"{k} of {n} {group} {happened} ({Say.Share(share)}, at most {Say.Share(high)}) and {k0} of {n0} not yet updated ones in the same time"
            + (smallest > n ? "; so few show nothing." : $"; {smallest} would have been more than chance."),
            share, isWorse ? Shares.Lower(k, n, alpha) : null, high, smallest > n ? null : (double)smallest / n);
    }

    private List<(Watched Device, bool Happened)> Counted(IReadOnlyList<Watched> devices, IReadOnlyList<Watched> updated)
    {
        var counted = new List<(Watched, bool)>(devices.Count);
        for (var i = 0; i < devices.Count && updated.Count > 0; i++)
        {
            var since = Moment(devices[i].ToldAt is null ? updated[i % updated.Count] : devices[i]);
            if (happens(devices[i].Seen, since) is { } happened)
                counted.Add((devices[i], happened));
        }
        return counted;
    }

    /// <summary>When the device switched, or was told where it never did.</summary>
    private static DateTimeOffset Moment(Watched updated)
    {
        var told = updated.ToldAt ?? default;
        return updated.Seen.DigestSince is { } since && since > told ? since : told;
    }
}
