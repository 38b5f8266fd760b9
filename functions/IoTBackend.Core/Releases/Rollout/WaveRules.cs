using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>When a wave is through, and what then.</summary>
internal static class WaveRules
{
    /// <summary>A device that ran the image before the rollout began, which shows nothing.</summary>
    public const string Already = "already";

    /// <summary>
    /// Enough devices have begun, or all that can be reached; and of those that have begun, can be reached and did not put it off, enough are through their soak.
    /// </summary>
    /// <param name="rollout">With nothing due and nobody to tell.</param>
    public static bool IsThrough(StagedRollout rollout)
    {
        var counts = rollout.Counts;
        if (rollout is not { State: RolloutState.Running } || IsOpening(rollout))
            return false;
        var already = counts.Of(UpdateStep.Done, Already);
        var (begun, settled) = (counts.Begun() - already, counts.Settled() - already);
        if (begun == 0)
            // Nobody could be reached: no wave passes on that. Nobody is left: it is done.
            return counts.Of(UpdateStep.Waiting) == 0;
        var away = counts.Of(UpdateStep.Told, Because.Deferred) + counts.Of(UpdateStep.Told, Because.Offline);
        var asked = begun - away;
        var quorum = (int)Math.Ceiling(asked * (rollout.Rules.QuorumPercent / 100.0));
        return settled >= Math.Max(quorum, Math.Min(rollout.Rules.MinimumSample, asked)) && settled > 0
            && (!IsLast(rollout) || counts.Open() == away);
    }

    /// <summary>Devices of this wave are still to be told.</summary>
    public static bool IsOpening(StagedRollout rollout) =>
        rollout.Room > 0 && (rollout.Cursor != StagedRollout.Everything || IsSomebodyNext(rollout.Counts));

    /// <summary>Somebody who can be reached waits only for others.</summary>
    private static bool IsSomebodyNext(IReadOnlyDictionary<string, int> counts) =>
        counts.Of(UpdateStep.Waiting, Because.Pace) + counts.Of(UpdateStep.Waiting, Because.Window) + counts.Of(UpdateStep.Waiting, Because.Gateway) > 0;

    public static bool IsLast(StagedRollout rollout) => rollout.Wave >= rollout.Limits.Count - 1;

    /// <summary>After the figures of a whole wave were judged.</summary>
    public static StagedRollout After(StagedRollout rollout, StopFinding finding, DateTimeOffset now) => finding.Next switch
    {
        NextStep.Stop => Stop(rollout, finding, now),
        NextStep.Wait when !rollout.NextNow => rollout with { Finding = finding, AskAgainAt = finding.LookAgainAt ?? now + rollout.Rules.Soak },
        NextStep.Pause when !rollout.NextNow => Pause(rollout with { Finding = finding }, finding.Reason, now),
        _ => Next(rollout with { Finding = finding }, now),
    };

    /// <summary>After devices failed; only what can be said at any time counts.</summary>
    public static StagedRollout Meanwhile(StagedRollout rollout, StopFinding finding, DateTimeOffset now) =>
        finding.Next == NextStep.Stop ? Stop(rollout, finding, now) : rollout;

    /// <summary>An operator decides about silences that nobody else can explain, once about each.</summary>
    public static StagedRollout Ask(StagedRollout rollout, IEnumerable<GroupSilence> doubtful, DateTimeOffset now)
    {
        var asked = doubtful.Where(s => rollout.Asked.GetValueOrDefault(s.Group) != s.RaisedAt).ToList();
        if (asked.Count == 0)
            return rollout;
        var known = rollout.Asked.Where(a => !asked.Exists(s => s.Group == a.Key)).Concat(asked.Select(s => KeyValuePair.Create(s.Group, s.RaisedAt)));
        var groups = string.Join(", ", asked.Select(s => s.Group).Order(StringComparer.Ordinal));
        return Pause(
            rollout with { Asked = known.OrderByDescending(a => a.Value).Take(StagedRollout.MostAsked).ToDictionary(StringComparer.Ordinal) },
            $"Those of {groups} that were told fell silent within the soak, and too few others say whether it is an outage or the image.", now);
    }

    private static StagedRollout Pause(StagedRollout rollout, string reason, DateTimeOffset now) =>
        (rollout with { State = RolloutState.Paused, Reason = reason, AlertedAt = now }).Say("paused", StagedRollout.Backend, reason, now);

    private static StagedRollout Stop(StagedRollout rollout, StopFinding finding, DateTimeOffset now) =>
        (rollout with { State = RolloutState.Stopped, Reason = finding.Reason, Finding = finding, AlertedAt = now, DueAt = now }).Say("stopped", StagedRollout.Backend, finding.Reason, now);

    private static StagedRollout Next(StagedRollout rollout, DateTimeOffset now)
    {
        var through = rollout with { AskAgainAt = null, NextNow = false };
        return IsLast(rollout)
            ? (through with { State = RolloutState.Done, EndedAt = now }).Say("done", StagedRollout.Backend, null, now)
            // From the first block on: who waited in an earlier wave has its turn again.
            : (through with { Wave = rollout.Wave + 1, WaveSince = now, Cursor = "" }).Say("wave", StagedRollout.Backend, null, now);
    }
}
