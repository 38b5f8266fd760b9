using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What an operator decides about a rollout. Each decision is a step on its timeline, with who and why.</summary>
/// <param name="By">Who, as they name themselves or as the platform knows them.</param>
/// <param name="Why">For the timeline; null = nobody said.</param>
/// <param name="Number">The step that the operator saw; null = any.</param>
public sealed record Decision(string By, string? Why, long? Number)
{
    private const int MaxBy = 100;
    private const int MaxWhy = 500;

    /// <summary>What is wrong; null = nothing.</summary>
    public static string? Check(string? by, string? why) =>
        string.IsNullOrWhiteSpace(by) || by.Length > MaxBy || why?.Length > MaxWhy ? $"by: who decides, 1 to {MaxBy} characters; why: at most {MaxWhy}." : null;
}

/// <summary>Carries operators' decisions out.</summary>
public sealed class OperateRollout(IRolloutStore store, ITracks tracks, IReleases releases, IReleaseWork work, TimeProvider time) : IReleasePause
{
    public const string Changed = "It has changed since you looked; read it again.";

    private const int MaxAttempts = 8;

    /// <summary>At a time; in the past = at once.</summary>
    public Task<Result<StagedRollout>?> StartAsync(string release, DateTimeOffset? at, Decision decision, CancellationToken cancellationToken) => ChangeAsync(
        release, decision, "started", (r, now) => r.State != RolloutState.Scheduled ? No("It has begun already.") : r with { StartAt = at > now ? at : now }, cancellationToken);

    public Task<Result<StagedRollout>?> PauseAsync(string release, Decision decision, CancellationToken cancellationToken) => ChangeAsync(
        release, decision, "paused", (r, _) => r.State is not RolloutState.Running ? No("Only what is running can be paused.")
            : r with { State = RolloutState.Paused, Reason = decision.Why ?? $"Paused by {decision.By}." }, cancellationToken);

    /// <summary>Something was found out about the image: an operator has to decide.</summary>
    Task IReleasePause.PauseAsync(string releaseId, string reason, CancellationToken cancellationToken) => ChangeAsync(
        releaseId, new(StagedRollout.Backend, reason, null), "paused", (r, now) => r.State is not RolloutState.Running ? No("It is not running.")
            : r with { State = RolloutState.Paused, Reason = reason, AlertedAt = now }, cancellationToken);

    /// <summary>Also after it was stopped: the operator has seen why, and it stops or pauses for that again only when it is worse than it was.</summary>
    public Task<Result<StagedRollout>?> ResumeAsync(string release, Decision decision, CancellationToken cancellationToken) => ChangeAsync(
        release, decision, "resumed", (r, _) => r.State is not (RolloutState.Paused or RolloutState.Stopped) ? No("It is neither paused nor stopped.")
            : r with { State = RolloutState.Running, Reason = null, AskAgainAt = null, Cursor = "", Accepted = Accepted(r) }, cancellationToken);

    /// <summary>Without waiting for the rest of this wave; what is worse stops it all the same.</summary>
    public Task<Result<StagedRollout>?> NextWaveAsync(string release, Decision decision, CancellationToken cancellationToken) => ChangeAsync(
        release, decision, "nextWave", (r, _) => r.State is not RolloutState.Running ? No("It is not running.")
            : WaveRules.IsLast(r) ? No("This is its last wave.") : r with { NextNow = true, AskAgainAt = null }, cancellationToken);

    /// <summary>Devices that have begun go on with it; no other gets it.</summary>
    public Task<Result<StagedRollout>?> CancelAsync(string release, Decision decision, CancellationToken cancellationToken) => ChangeAsync(
        release, decision, "cancelled", (r, now) => r.State is not (RolloutState.Scheduled or RolloutState.Running or RolloutState.Paused or RolloutState.Stopped)
            ? No("It is over already.") : r with { State = RolloutState.Cancelled, Reason = decision.Why, EndedAt = now }, cancellationToken);

    /// <summary>Every device is told what it ran before; the release does not come back by itself.</summary>
    public async Task<Result<StagedRollout>?> RollBackAsync(string release, Decision decision, CancellationToken cancellationToken)
    {
        var before = await store.FindAsync(release, cancellationToken);
        if (before is null)
            return null;
        if (before.Value is { State: RolloutState.Superseded or RolloutState.RolledBack } or { Plan: 0 })
            return No(before.Value.Plan == 0 ? "It has not begun; cancel it." : "It is over already.");
        if (decision.Number is { } seen && seen != before.Value.Number)
            return No(Changed);
        // First, so that nothing makes it the track's release again while it is taken back.
        await WithdrawAsync(release, decision, cancellationToken);
        if (await tracks.CurrentAsync(before.Value.Track, cancellationToken) is { } pointer && pointer.Value == release && before.Value.Previous is { } previous)
            await tracks.TrySetCurrentAsync(before.Value.Track, previous, pointer, cancellationToken);
        // The release is withdrawn by now: whatever step the rollout took meanwhile, it is taken back.
        return await ChangeAsync(release, decision with { Number = null }, "rollingBack", (r, now) => r.State == RolloutState.RollingBack ? r
            : r.IsOver && r.State != RolloutState.Cancelled ? No("It is over already.")
            : r with { State = RolloutState.RollingBack, Reason = decision.Why, Cursor = "" }, cancellationToken);
    }

    /// <summary>Devices that failed wait once more; they are told again.</summary>
    public async Task<Result<StagedRollout>?> RetryAsync(string release, Decision decision, CancellationToken cancellationToken)
    {
        var (overtaken, said) = (0, false);
        while (overtaken < MaxAttempts)
        {
            if (await store.FindAsync(release, cancellationToken) is not { } stored)
                return null;
            // What the operator saw is compared once; what follows are this decision's own steps.
            if (!said && decision.Number is { } seen && seen != stored.Value.Number)
                return No(Changed);
            if (stored.Value.IsOver || stored.Value.State == RolloutState.RollingBack)
                return No("It is over already.");
            var now = time.GetUtcNow();
            var failed = await FailedAsync(stored.Value, cancellationToken);
            if (failed.Count == 0)
                return said ? stored.Value : No("No device has failed.");
            var changes = Commits.Of(failed.Select(block => new BlockChange(block, block.Select(d => d.Step == UpdateStep.Failed ? d.To(UpdateStep.Waiting, Because.Retry) with { DueAt = now } : d)))).First();
            var next = stored.Value.Change(failed.Take(changes.Count), changes.Select(c => c.After)) with { DueAt = now };
            // The step comes first: whoever dies over the rest has said what he began.
            if (!said)
                next = next.Say("retried", decision.By, decision.Why, now);
            if (await store.TryCommitAsync(next, stored, changes, cancellationToken) is null)
            {
                overtaken++;
                continue;
            }

            said = true;
            await work.QueueAsync(new OfferWork(next.Track, Rollout: release), TimeSpan.Zero, cancellationToken);
        }

        throw new ConflictException("the rollout");
    }

    private async Task<List<RolloutBlock>> FailedAsync(StagedRollout rollout, CancellationToken cancellationToken) => await store.ListAsync(rollout, cancellationToken)
        .Where(b => b.Devices.Any(d => d.Step == UpdateStep.Failed)).Take(IRolloutStore.MostBlocks).ToListAsync(cancellationToken);

    /// <summary>Keeps a device out: of one release, or (<paramref name="release"/> null) of whatever comes on the track.</summary>
    public Task<Result<DeviceHolds>> HoldAsync(string track, string device, string? release, Decision decision, CancellationToken cancellationToken) => ChangeHoldsAsync(track, device, decision, "held", (holds, now) =>
        holds.Held.Any(h => h.Device == device && h.Release == release) ? holds
        : holds.Held.Count >= DeviceHolds.Most ? Result<DeviceHolds>.Rejected($"At most {DeviceHolds.Most} devices of a track can be kept out; use groups or labels.")
        : holds with { Held = [.. holds.Held, new(device, release, decision.By, decision.Why, now)] }, cancellationToken);

    /// <summary>Of whatever it was kept out.</summary>
    public Task<Result<DeviceHolds>> LetGoAsync(string track, string device, Decision decision, CancellationToken cancellationToken) => ChangeHoldsAsync(
        track, device, decision, "letGo", (holds, _) => holds.Held.Any(h => h.Device == device) ? holds with { Held = [.. holds.Held.Where(h => h.Device != device)] } : holds, cancellationToken);

    private async Task<Result<DeviceHolds>> ChangeHoldsAsync(
        string track, string device, Decision decision, string what, Func<DeviceHolds, DateTimeOffset, Result<DeviceHolds>> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await store.HoldsAsync(track, cancellationToken);
            var before = stored?.Value ?? new() { Track = track };
            if (decision.Number is { } seen && seen != before.Number)
                return Result<DeviceHolds>.Rejected(Changed);
            var changed = change(before, time.GetUtcNow());
            if (changed.Value is not { } holds || ReferenceEquals(holds, before))
                return changed;
            holds = holds with { Number = before.Number + 1 };
            if (!await store.TrySaveAsync(holds, stored?.Version, cancellationToken))
                continue;
            await work.QueueAsync(new OfferWork(track), TimeSpan.Zero, cancellationToken);
            // On the timeline of what is going out; where nothing is, the list alone says who and why.
            if (await store.CurrentAsync(track, cancellationToken) is { Value.Release: var release })
                await ChangeAsync(release, new(decision.By, decision.Why is null ? device : $"{device}: {decision.Why}", null), what, (r, _) => r, cancellationToken);
            return holds;
        }

        throw new ConflictException("the devices that are kept out");
    }

    private static IReadOnlyList<CriterionFinding> Accepted(StagedRollout rollout)
    {
        // Paused by hand, nothing of what the figures said was decided on.
        if (rollout.Finding is not { Next: NextStep.Stop or NextStep.Pause } finding || finding.Reason != rollout.Reason)
            return rollout.Accepted;
        CriterionFinding[] seen = [.. finding.Criteria.Where(c => c.Answer != Answer.NotWorse)];
        return [.. seen, .. rollout.Accepted.Where(a => !seen.Any(c => c.Criterion == a.Criterion))];
    }

    private async Task WithdrawAsync(string release, Decision decision, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await releases.FindAsync(release, cancellationToken) is not { Value.WithdrawnAt: null } stored
                || await releases.TrySaveAsync(stored.Value with { WithdrawnAt = time.GetUtcNow(), WithdrawnBy = decision.By }, stored.Version, cancellationToken))
                return;
        }

        throw new ConflictException("the release");
    }

    private async Task<Result<StagedRollout>?> ChangeAsync(
        string release, Decision decision, string what, Func<StagedRollout, DateTimeOffset, Result<StagedRollout>> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await store.FindAsync(release, cancellationToken) is not { } stored)
                return null;
            if (decision.Number is { } seen && seen != stored.Value.Number)
                return No(Changed);
            var now = time.GetUtcNow();
            var changed = change(stored.Value, now);
            if (changed.Value is not { } next)
                return changed;
            if (await store.TryCommitAsync(next.Say(what, decision.By, decision.Why, now) with { DueAt = now }, stored, [], cancellationToken) is not { } committed)
                continue;
            await work.QueueAsync(new OfferWork(next.Track, Rollout: release), TimeSpan.Zero, cancellationToken);
            // The release that is out again has a rollout of its own.
            if (next.State == RolloutState.RollingBack)
                await work.QueueAsync(new OfferWork(next.Track), TimeSpan.Zero, cancellationToken);
            return committed.Value;
        }

        throw new ConflictException("the rollout");
    }

    private static Result<StagedRollout> No(string reason) => Result<StagedRollout>.Rejected(reason);
}
