using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Rollout;

namespace IoTBackend.Functions.Releases;

/// <summary>What became of a release, the newest first.</summary>
internal sealed record Timeline(IReadOnlyList<TimelineStep> Steps)
{
    public static Timeline Of(Release release, IReadOnlyList<RolloutStep> steps, int top) => new(
    [
        .. steps.Select(s => new TimelineStep(s.At, s.What, s.By, s.Why, s.Number, s.State, s.Wave, s.Counts))
            .Concat(release.Approvals.Select(a => new TimelineStep(a.At, "approved", a.By, a.Note)))
            .Concat(release.Overrides.Select(o => new TimelineStep(o.At, "overridden", o.By, $"{o.Gate}: {o.Reason}")))
            .OrderByDescending(s => s.At).Take(top),
    ]);
}

/// <summary>A line of a timeline.</summary>
/// <param name="At">When.</param>
/// <param name="What"><c>approved</c>, <c>overridden</c>, or a step of its rollout: <c>scheduled</c>, <c>begun</c>, <c>wave</c>, <c>paused</c>, <c>stopped</c>, <c>done</c>, ...</param>
/// <param name="By">Who; <c>backend</c> = by itself.</param>
/// <param name="Why">As they said.</param>
/// <param name="Number">Of the rollout's step; missing = it was decided before or beside the rollout.</param>
/// <param name="State">The rollout's, then.</param>
/// <param name="Wave">From 1.</param>
/// <param name="Counts">Devices by step, then.</param>
internal sealed record TimelineStep(
    DateTimeOffset At, string What, string By, string? Why, long? Number = null, RolloutState? State = null, int? Wave = null, IReadOnlyDictionary<string, int>? Counts = null);
