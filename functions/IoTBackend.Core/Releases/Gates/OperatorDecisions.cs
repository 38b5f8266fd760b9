using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>What operators say of a release: an approval, or that a gate's verdict is not to count. The gates then judge it again.</summary>
public sealed class OperatorDecisions(IReleases releases, IReleaseWork work, TimeProvider time)
{
    public const string WentOut = "It went out already.";
    public const string ApprovedBefore = "This person has approved it already.";

    private const int MaxAttempts = 8;
    private const int MaxText = 500;
    private const int MaxEach = 20;

    /// <param name="id">The release.</param>
    /// <param name="by">Who approves.</param>
    /// <param name="note">For who asks later.</param>
    /// <param name="isSeen">Whether it is as the operator saw it; null = that is not asked.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Null = there is no such release.</returns>
    public Task<Result<Release>?> ApproveAsync(string id, string? by, string? note, Func<Release, bool>? isSeen, CancellationToken cancellationToken) => ChangeAsync(id, by, note, isSeen, (release, name) =>
        release.ActivatedAt is not null ? Result<Release>.Rejected(WentOut)
        : release.Approvals.Any(a => a.By.Equals(name, StringComparison.OrdinalIgnoreCase)) ? Result<Release>.Rejected(ApprovedBefore)
        : release with { Approvals = [.. release.Approvals, new(name, time.GetUtcNow(), note)] }, cancellationToken);

    /// <param name="id">The release.</param>
    /// <param name="gate">Whose verdict is not to count.</param>
    /// <param name="by">Who decides.</param>
    /// <param name="reason">Kept with the release.</param>
    /// <param name="isSeen">Whether it is as the operator saw it; null = that is not asked.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Null = there is no such release.</returns>
    public Task<Result<Release>?> OverrideAsync(string id, string? gate, string? by, string? reason, Func<Release, bool>? isSeen, CancellationToken cancellationToken) => ChangeAsync(id, by, reason, isSeen, (release, name) =>
        string.IsNullOrWhiteSpace(reason) ? Result<Release>.Rejected("reason: why the gate is not to count.")
        : release.ActivatedAt is not null && release.Exposed is null ? Result<Release>.Rejected(WentOut)
        : (release.Exposed?.Verdicts ?? release.Gates).FirstOrDefault(g => g.Gate == gate) is not { } verdict ? Result<Release>.Rejected($"gate: one of {string.Join(", ", release.Gates.Select(g => g.Gate))}.")
        : verdict.Verdict is not (Verdict.Held or Verdict.Waiting) ? Result<Release>.Rejected($"gate: {gate} does not hold this release.")
        : release.IsOverridden(verdict) ? release
        : release with { Overrides = [.. release.Overrides, new(verdict.Gate, name, reason, time.GetUtcNow(), verdict.Evidence)] }, cancellationToken);

    /// <summary>Judge it again at once: evidence came.</summary>
    public Task JudgeAgainAsync(Release release, CancellationToken cancellationToken) =>
        work.QueueAsync(ReadPushWork.LookAt(release), TimeSpan.Zero, cancellationToken);

    private async Task<Result<Release>?> ChangeAsync(
        string id, string? by, string? text, Func<Release, bool>? isSeen, Func<Release, string, Result<Release>> change, CancellationToken cancellationToken)
    {
        // Or one person would be two.
        var name = by?.Trim() ?? "";
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await releases.FindAsync(id, cancellationToken) is not { } stored)
                return null;
            if (name.Length is 0 or > 100 || text?.Length > MaxText)
                return Result<Release>.Rejected($"by: who decides, 1 to 100 characters; reason and note: at most {MaxText}.");
            if (isSeen?.Invoke(stored.Value) == false)
                return Result<Release>.Rejected(OperateRollout.Changed);
            var changed = change(stored.Value, name);
            if (changed.Value is not { } release || ReferenceEquals(release, stored.Value))
                return changed;
            if (release.Approvals.Count > MaxEach || release.Overrides.Count > MaxEach)
                return Result<Release>.Rejected($"At most {MaxEach} of each.");
            if (!await releases.TrySaveAsync(release, stored.Version, cancellationToken))
                continue;
            await JudgeAgainAsync(release, cancellationToken);
            return release;
        }

        throw new ConflictException("the release");
    }
}
