namespace IoTBackend.Core.Releases.Judging;

/// <summary>
/// Whether a rollout goes on. An image is stopped for what the figures show, never for what they might; what they cannot show is said, with the smallest effect they could have shown,
/// and the track's setting decides what then. <c>docs/rollouts.md</c> has the formulas, the sources and what was measured.
/// </summary>
public static class StopJudge
{
    /// <summary>A device's levels reach back two weeks, so that later too little is left to compare with.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(8);

    private static readonly TimeSpan LeastPause = TimeSpan.FromHours(1);

    /// <param name="evidence">What there is to see.</param>
    /// <param name="memory">Of the looks before.</param>
    /// <param name="rules">Of the track.</param>
    /// <param name="accepted">What an operator has seen and let go on: it counts again once it is worse than it was.</param>
    public static StopFinding Judge(RolloutEvidence evidence, StopMemory memory, TrackRollout rules, IReadOnlyList<CriterionFinding>? accepted = null)
    {
        var failures = FailureCriterion.Judge(evidence.Cohorts, rules.MaxFailurePercent);
        List<CriterionFinding> found = [failures];
        var drain = new DrainCriterion(rules.Drain.WorsePercent / 100.0);
        if (evidence.Updated.Count > 0)
        {
            memory = LookAtShares(evidence, memory);
            drain.Add(evidence.Updated, evidence.Others, evidence.Now);
            if (drain.CanJudge)
                memory = LookAtDrain(drain, memory);
        }
        var mayTell = MayTellDrain(evidence);
        var drained = memory.Drain ?? (mayTell ? new(DrainCriterion.Name, Answer.CannotTell, "Too little time has passed since the switch to say anything of the drain.") : null);
        found.AddRange(new[] { memory.Silence, memory.Restarts, drained }.OfType<CriterionFinding>());

        var answer = found.Max(f => f.Answer);
        var seen = found.Where(f => IsAccepted(f, accepted ?? [])).ToHashSet();
        if (found.Exists(f => f.Answer == Answer.Worse && !seen.Contains(f)))
            return new(answer, NextStep.Stop, Say(found.Where(f => f.Answer == Answer.Worse && !seen.Contains(f))), found, memory);
        // Only what stands in the way of a further wave: a share above its limit that may be chance, and a drain that the devices there are may still show.
        CriterionFinding[] unclear = evidence.Waiting == 0 ? [] : [.. found.Where(f => f.Answer == Answer.CannotTell && !seen.Contains(f) && (f == drained ? mayTell : f == failures && f.Effect > rules.MaxFailurePercent / 100))];
        if (unclear.Length == 0 || rules.Drain.CannotTell == WhenUnclear.Continue)
            return new(answer, NextStep.GoOn, Say(found), found, memory);
        return rules.Drain.CannotTell == WhenUnclear.Pause || !MayChange(evidence, unclear.Contains(drained))
            ? new(answer, NextStep.Pause, Say(unclear), found, memory)
            : new(answer, NextStep.Wait, Say(unclear), found, memory, evidence.Now + Pause(evidence));
    }

    private static bool IsAccepted(CriterionFinding found, IReadOnlyList<CriterionFinding> accepted) =>
        accepted.FirstOrDefault(a => a.Criterion == found.Criterion) is { } seen && (found.Answer == Answer.CannotTell || (found.Answer == seen.Answer && !(found.Effect > seen.Effect)));

    private static StopMemory LookAtShares(RolloutEvidence evidence, StopMemory memory)
    {
        var hours = evidence.Updated.Sum(w => (evidence.Now - (w.ToldAt ?? evidence.Now)).TotalHours);
        if (hours < ErrorBudget.Growth * memory.ShareHours || hours <= 0)
            return memory;
        var (look, alpha) = (memory.ShareLooks + 1, ErrorBudget.Worse * ErrorBudget.AtLook(memory.ShareLooks + 1));
        return memory with
        {
            ShareLooks = look,
            ShareHours = hours,
            Silence = ShareCriterion.Silence.Judge(evidence.Updated, evidence.Others, alpha),
            Restarts = ShareCriterion.Restarts.Judge(evidence.Updated, evidence.Others, alpha),
        };
    }

    private static StopMemory LookAtDrain(DrainCriterion drain, StopMemory memory)
    {
        if (drain.Hours >= ErrorBudget.Growth * memory.DrainHours)
        {
            memory = memory with { DrainLooks = memory.DrainLooks + 1, DrainHours = drain.Hours };
            if (drain.Count(memory.DrainLooks) is { } emptied)
                return memory with { Drain = emptied };
        }

        var (found, fineness) = drain.Shift(memory.ShiftLooks + 1);
        if (fineness > memory.ShiftFineness || (fineness > 0 && drain.Groups > memory.ShiftGroups))
            return memory with { ShiftLooks = memory.ShiftLooks + 1, ShiftFineness = Math.Max(fineness, memory.ShiftFineness), ShiftGroups = drain.Groups, Drain = found };
        // Not a look: shown, and nothing follows from it.
        return memory.Drain is { Answer: not Answer.CannotTell } ? memory : memory with { Drain = found with { Answer = Answer.CannotTell } };
    }

    /// <summary>There are devices enough of some model, with a battery, on both sides.</summary>
    private static bool MayTellDrain(RolloutEvidence evidence) => evidence.Updated.Where(w => w.Seen.HasBattery).CountBy(w => w.Model).Any(m =>
        m.Value >= DrainCriterion.Fewest && evidence.Others.Count(w => w.Model == m.Key && w.Seen.HasBattery) >= DrainCriterion.Fewest);

    private static bool MayChange(RolloutEvidence evidence, bool isDrain) => isDrain
        ? evidence.Now - evidence.Updated.Max(w => w.ToldAt) < Longest
        : evidence.Cohorts.Any(c => c.Settled < c.Begun);

    /// <summary>Until there is half as much again to see.</summary>
    private static TimeSpan Pause(RolloutEvidence evidence)
    {
        var seen = evidence.Updated.Count == 0 ? TimeSpan.Zero : (evidence.Now - evidence.Updated.Min(w => w.ToldAt)).GetValueOrDefault() * (ErrorBudget.Growth - 1);
        return seen > LeastPause ? seen : LeastPause;
    }

    private static string Say(IEnumerable<CriterionFinding> findings) => string.Join(' ', findings.Select(f => f.Reason));
}
