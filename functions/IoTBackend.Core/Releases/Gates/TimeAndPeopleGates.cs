namespace IoTBackend.Core.Releases.Gates;

/// <summary>Time for others to find what is wrong with it, counted from when we first saw it: what the image says of its age is its author's word.</summary>
public sealed class CoolDownGate() : PlainGate("minAge")
{
    public override Judgement Judge(GateCase release)
    {
        if (release.Track.Gates.MinAge is not { } age)
            return Judgement.Pass("No cool-down is asked for.");
        var until = release.Release.FirstSeenAt + age;
        return release.Now >= until
            ? Judgement.Pass($"First seen at {release.Release.FirstSeenAt:u}.")
            : Judgement.Wait($"Cools down until {until:u}: first seen at {release.Release.FirstSeenAt:u}.", until);
    }
}

/// <summary>One person, or two different ones.</summary>
public sealed class ApprovalsGate() : PlainGate("approvals")
{
    public override Judgement Judge(GateCase release)
    {
        var asked = release.Track.Gates.Approvals;
        var by = release.Release.Approvals.Select(a => a.By).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return asked == 0 ? Judgement.Pass("No approval is asked for.")
            : by.Count >= asked ? Judgement.Pass($"Approved by {string.Join(" and ", by)}.")
            : Judgement.Wait(by.Count == 0 ? $"Waits for {(asked == 1 ? "an approval" : "the approvals of two persons")}." : $"Approved by {by[0]}; waits for another person.");
    }
}
