using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Brings rollouts on by what is due. Every step is one commit over the version that was read, and says what is to be done before it is
/// done: a process that dies anywhere leaves work that the next finds, and two that do the same step at once do it once.
/// </summary>
public sealed class RunRollout(
    IRolloutStore store, IReleases releases, IDesiredStates states, Sightings sightings, GroupSilences groups, PlanRollout plan, RolloutNews news, IReleaseWork work, TimeProvider time)
{
    /// <summary>Steps of one rollout in one run: a run ends, whatever there is to do.</summary>
    private const int MostSteps = 500;

    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    /// <summary>Figures of a wave are drawn from so many blocks at most: tens of thousands of devices.</summary>
    private const int MostBlocksJudged = 500;

    private const int MostOfModel = 500;

    private readonly TellDevices _tell = new(states, store);

    /// <summary>All rollouts that are due.</summary>
    /// <exception cref="Exception">What failed in one, or of several an <see cref="AggregateException"/>; the others did not wait for it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = new Failures();
        foreach (var release in await store.ActiveAsync(cancellationToken))
            await failures.TryAsync(() => RunAsync(release, cancellationToken), cancellationToken);
        failures.ThrowIfAny();
    }

    public async Task RunAsync(string release, CancellationToken cancellationToken)
    {
        for (var step = 0; step < MostSteps; step++)
        {
            if (await store.FindAsync(release, cancellationToken) is not { } stored || stored.Value.DueAt > time.GetUtcNow() || !stored.Value.IsActive)
                return;
            if (!await StepAsync(stored, cancellationToken))
                return;
        }
    }

    /// <returns>False = nothing more to do now.</returns>
    private async Task<bool> StepAsync(Versioned<StagedRollout> stored, CancellationToken cancellationToken)
    {
        var rollout = stored.Value;
        if (rollout.Owing.Count > 0)
        {
            await news.TellAsync(rollout, cancellationToken);
            await store.TryCommitAsync(rollout.Told(), stored, [], cancellationToken);
            return true;
        }

        if (rollout.State == RolloutState.Scheduled)
        {
            if (rollout.StartAt is not { } start || start > time.GetUtcNow())
                return await RestAsync(stored, rollout.StartAt, cancellationToken);
            await plan.RunAsync(stored, cancellationToken);
            return true;
        }

        return rollout.State == RolloutState.RollingBack ? await TakeBackAsync(stored, cancellationToken) : await WorkAsync(stored, cancellationToken);
    }

    private async Task<bool> WorkAsync(Versioned<StagedRollout> stored, CancellationToken cancellationToken)
    {
        var (rollout, now) = (stored.Value, time.GetUtcNow());
        if (await store.DueAsync(rollout, now, IRolloutStore.MostBlocks, cancellationToken) is { Count: > 0 } due)
            return await TakeTurnAsync(stored, due, opening: false, cancellationToken);
        var turn = new Turn(rollout, opening: true, now);
        if (turn.Allowance > 0 && rollout.Cursor != StagedRollout.Everything)
        {
            var next = Enough(await store.AfterAsync(rollout, rollout.Cursor, IRolloutStore.MostBlocks, cancellationToken), turn.Allowance);
            if (next.Count > 0)
                return await TakeTurnAsync(stored, next, opening: true, cancellationToken);
            return await store.TryCommitAsync(rollout with { Cursor = StagedRollout.Everything }, stored, [], cancellationToken) is not null;
        }

        if (!rollout.NextNow && (!WaveRules.IsThrough(rollout) || rollout.AskAgainAt > now))
            return await RestAsync(stored, WhenAgain(rollout, turn, now), cancellationToken);
        var release = await ReleaseAsync(rollout, cancellationToken);
        var finding = StopJudge.Judge(await WithDevicesAsync(Evidence(rollout, release), rollout, release, cancellationToken), rollout.Finding?.Memory ?? StopMemory.None, rollout.Rules, rollout.Accepted);
        return await store.TryCommitAsync(WaveRules.After(rollout, finding, now), stored, [], cancellationToken) is not null;
    }

    /// <summary>As many blocks as the devices that may be told need.</summary>
    private static List<RolloutBlock> Enough(IReadOnlyList<RolloutBlock> blocks, int allowance)
    {
        var enough = new List<RolloutBlock>();
        foreach (var block in blocks)
        {
            if (allowance <= 0)
                break;
            enough.Add(block);
            allowance -= block.Devices.Count(d => d.Step == UpdateStep.Waiting);
        }

        return enough;
    }

    private async Task<bool> TakeTurnAsync(
        Versioned<StagedRollout> stored, IReadOnlyList<RolloutBlock> blocks, bool opening, CancellationToken cancellationToken)
    {
        var (rollout, now) = (stored.Value, time.GetUtcNow());
        var release = await ReleaseAsync(rollout, cancellationToken);
        var turn = new Turn(rollout, opening, now);
        var (looks, candidates) = turn.Asked(blocks);
        var seen = await sightings.ReadAsync(rollout.Track, [.. looks.Concat(candidates).Select(d => d.Id)], rollout.Fleet, cancellationToken);
        var silences = await groups.ReadAsync(release, rollout, [.. looks.Where(d => d.IsOpen && seen.GetValueOrDefault(d.Id)?.InOutage == true).Select(d => d.Id)], now, cancellationToken);
        var facts = new TurnFacts(
            release.Digest,
            Unexcused(seen, silences),
            await ReportsAsync(rollout, blocks, turn, release.Digest, seen, cancellationToken),
            candidates.Count > 0 ? await store.CostsAsync(cancellationToken) : new Dictionary<string, UpdateCost>(),
            candidates.Count > 0 && rollout.Rules.PerGateway is not null ? await BehindAsync(rollout, cancellationToken) : RolloutCounts.None,
            now);
        var (next, changes) = turn.Run(blocks, facts);
        // What does not fit into one commit has its turn in the next.
        if (Commits.Of(changes).First().Count is var fit && fit < blocks.Count)
            (next, changes) = turn.Run([.. blocks.Take(fit)], facts);
        var changed = changes.Where(c => !c.Before!.IsOpen || !c.Before.Devices.SequenceEqual(c.After.Devices)).ToList();
        if (opening)
            next = next with { Cursor = changes[^1].After.Key };
        if (next.State == RolloutState.Running && next.Counts.Of(UpdateStep.Failed) > rollout.Counts.Of(UpdateStep.Failed))
            next = WaveRules.Meanwhile(next, StopJudge.Judge(Evidence(next, release), next.Finding?.Memory ?? StopMemory.None, next.Rules, next.Accepted), now);
        if (next.State == RolloutState.Running)
            next = WaveRules.Ask(next, Doubtful(changes, facts, silences), now);
        await news.MismatchesAsync(next, release, changes, facts, cancellationToken);
        // What changes nothing is not stored: it would overtake who tells these devices just now, again and again.
        var moves = opening || changed.Count > 0 || next.State != rollout.State;
        if ((moves ? await store.TryCommitAsync(next, stored, changed, cancellationToken) : stored) is not { } committed)
            return true;
        await LearnAsync(changes, facts, cancellationToken);
        await FreeAsync(next, changes, now, cancellationToken);
        await TellAsync(committed, release, changes, now, cancellationToken);
        return true;
    }

    /// <summary>Whose group is silent only as far as it was told is not excused by it.</summary>
    private static IReadOnlyDictionary<string, Sighting> Unexcused(IReadOnlyDictionary<string, Sighting> seen, IReadOnlyDictionary<string, GroupSilence> silences) =>
        silences.Values.All(s => s.Excuse != Excuse.None) ? seen : seen.ToDictionary(
            s => s.Key, s => silences.GetValueOrDefault(s.Key) is { Excuse: Excuse.None } silence ? s.Value.Unexcused(silence.Group) : s.Value, StringComparer.Ordinal);

    /// <summary>Silences of which nobody can tell whether they are an outage or the image, as far as devices fell silent in them just now that had switched.</summary>
    private static IEnumerable<GroupSilence> Doubtful(IReadOnlyList<BlockChange> changes, TurnFacts facts, IReadOnlyDictionary<string, GroupSilence> silences)
    {
        var lost = changes.SelectMany(c => c.Before!.Devices.Zip(c.After.Devices))
            .Where(d => d.First.IsOpen && d.Second is { Step: UpdateStep.Lost, Code: "outage" } && facts.HasSwitched(d.First));
        return lost.Select(d => silences.GetValueOrDefault(d.Second.Id)).OfType<GroupSilence>().Where(s => s.Excuse == Excuse.CannotTell).Distinct();
    }

    /// <summary>A site's uplink is shared by all rollouts: devices of the others that switch, by gateway. One row of each that is active, some dozens.</summary>
    private async Task<IReadOnlyDictionary<string, int>> BehindAsync(StagedRollout rollout, CancellationToken cancellationToken)
    {
        var behind = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var other in (await store.ActiveAsync(cancellationToken)).Where(id => id != rollout.Release))
        {
            foreach (var (gateway, count) in (await store.FindAsync(other, cancellationToken))?.Value.Counts.Behind() ?? [])
                behind[gateway] = behind.GetValueOrDefault(gateway) + count;
        }

        return behind;
    }

    /// <summary>Also of those that were seen to run it and no longer do: they may say why.</summary>
    private async Task<IReadOnlyDictionary<string, ReportedState>> ReportsAsync(
        StagedRollout rollout, IReadOnlyList<RolloutBlock> blocks, Turn turn, string digest, IReadOnlyDictionary<string, Sighting> seen, CancellationToken cancellationToken)
    {
        var reports = new Dictionary<string, ReportedState>(StringComparer.Ordinal);
        foreach (var shard in blocks.GroupBy(b => b.Shard))
        {
            var asked = shard.SelectMany(b => b.Devices).Where(d => turn.IsLook(d) && (d.Step == UpdateStep.Told || (d.Step == UpdateStep.Observed && !Names(d)))).Select(d => d.Id).ToList();
            if (asked.Count == 0)
                continue;
            foreach (var (id, report) in await states.FindReportsAsync(rollout.Track, shard.Key, asked, cancellationToken))
            {
                if (report.Release == rollout.Release)
                    reports[id] = report;
            }
        }

        return reports;

        bool Names(RolloutDevice device) => seen.GetValueOrDefault(device.Id)?.Names(digest, device.PlatformDigest) == true;
    }

    /// <summary>Those this turn has decided on, and those that somebody else decided on and did not come to tell.</summary>
    private async Task TellAsync(
        Versioned<StagedRollout> committed, Release release, IReadOnlyList<BlockChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rollout = committed.Value;
        var told = new List<BlockChange>();
        foreach (var block in changes.Select(c => c.After))
        {
            var left = block.Devices.Where(d => d.Step == UpdateStep.Offering).ToList();
            if (left.Count == 0)
                continue;
            var after = await _tell.RunAsync(rollout, release, block, rollout.MayOffer, now, cancellationToken);
            // While nobody may be told, who is still about to tell must be given the time to do it.
            if (rollout.MayOffer || !left.Exists(d => now - d.ToldAt < Turn.CallsEnd) || TellDevices.HasTold(block, after))
                told.Add(new(block, after));
        }

        if (told.Count > 0)
            await store.TryCommitAsync(rollout.Change(told.Select(t => t.Before!), told.Select(t => t.After)), committed, told, cancellationToken);
    }

    /// <summary>Who is through is free for other tracks.</summary>
    private async Task FreeAsync(StagedRollout rollout, IReadOnlyList<BlockChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var (before, after) in changes)
        {
            var free = before!.Devices.Zip(after.Devices).Where(d => d.First.IsSwitching && !d.Second.IsSwitching && d.Second.IsShared).Select(d => d.Second.Id).ToList();
            if (free.Count > 0)
                await _tell.FreeAsync(rollout, after.Shard, free, now, cancellationToken);
        }
    }

    /// <summary>What this update cost the batteries of those that are through with it.</summary>
    private async Task LearnAsync(IReadOnlyList<BlockChange> changes, TurnFacts facts, CancellationToken cancellationToken)
    {
        var through = changes.SelectMany(c => c.Before!.Devices.Zip(c.After.Devices)).Where(d => d.First.Step == UpdateStep.Observed && d.Second.Step == UpdateStep.Done)
            .Select(d => d.Second).Where(d => d.Model is not null && facts.Seen.ContainsKey(d.Id)).ToLookup(d => d.Model!, StringComparer.Ordinal);
        if (through.Count == 0)
            return;
        var known = await store.CostsAsync(cancellationToken);
        foreach (var model in through)
        {
            var before = known.GetValueOrDefault(model.Key, UpdateCost.Unknown);
            var after = model.Aggregate(before, (cost, device) => device.Baseline is { } told ? cost.Learn(device.SizeBytes, facts.Seen[device.Id], told) : cost);
            if (!ReferenceEquals(before, after))
                await store.SaveCostAsync(model.Key, after, cancellationToken);
        }
    }

    private async Task<Release> ReleaseAsync(StagedRollout rollout, CancellationToken cancellationToken) =>
        (await releases.FindAsync(rollout.Release, cancellationToken))?.Value ?? throw new InvalidDataException($"The release {rollout.Release} of a rollout is gone.");

    private RolloutEvidence Evidence(StagedRollout rollout, Release release) =>
        new([.. rollout.Counts.Cohorts(digest => PlatformOf(release, digest))], rollout.Counts.Of(UpdateStep.Waiting), time.GetUtcNow());

    private static string PlatformOf(Release release, string digest) => release.Platforms.FirstOrDefault(p => p.Digest == digest)?.Platform ?? digest;

    /// <summary>With some hundred devices of each model on either side, in the order of a hash: without regard to how they fare.</summary>
    private async Task<RolloutEvidence> WithDevicesAsync(RolloutEvidence evidence, StagedRollout rollout, Release release, CancellationToken cancellationToken)
    {
        var devices = new List<RolloutDevice>();
        var taken = new Dictionary<(string?, bool), int>();
        var blocks = 0;
        await foreach (var block in store.ListAsync(rollout, cancellationToken))
        {
            foreach (var device in block.Devices)
            {
                var waits = device.Step == UpdateStep.Waiting;
                if (!waits && (device.ToldAt is null || device.Step is not (UpdateStep.Observed or UpdateStep.Done or UpdateStep.Failed)))
                    continue;
                if ((taken[(device.Model, waits)] = taken.GetValueOrDefault((device.Model, waits)) + 1) <= MostOfModel)
                    devices.Add(device);
            }

            if (++blocks >= MostBlocksJudged)
                break;
        }

        var seen = await sightings.ReadAsync(rollout.Track, [.. devices.Select(d => d.Id)], rollout.Fleet, cancellationToken);
        var known = devices.Where(d => seen.ContainsKey(d.Id)).ToLookup(
            d => d.Step == UpdateStep.Waiting, d => new Watched(d.Id, d.Model ?? "", PlatformOf(release, d.PlatformDigest), seen[d.Id], d.Step == UpdateStep.Waiting ? null : d.ToldAt));
        return evidence with { Updated = [.. known[false]], Others = [.. known[true]] };
    }

    private static DateTimeOffset? WhenAgain(StagedRollout rollout, Turn turn, DateTimeOffset now)
    {
        if (rollout.AskAgainAt > now)
            return rollout.AskAgainAt;
        if (!rollout.MayOffer || rollout.Cursor == StagedRollout.Everything || rollout.Room <= 0)
            return null;
        return Turn.WindowOpens(rollout.Rules, now) ?? (turn.Allowance == 0 ? now + TimeSpan.FromSeconds(Math.Clamp(60.0 / rollout.Rules.PacePerMinute, 1, 60)) : null);
    }

    private async Task<bool> TakeBackAsync(Versioned<StagedRollout> stored, CancellationToken cancellationToken)
    {
        var (rollout, now) = (stored.Value, time.GetUtcNow());
        var blocks = await store.AfterAsync(rollout, rollout.Cursor, IRolloutStore.MostBlocks, cancellationToken);
        if (blocks.Count == 0)
        {
            var over = (rollout with { State = RolloutState.RolledBack, EndedAt = now, DueAt = now }).Say("rolledBack", StagedRollout.Backend, null, now);
            return await store.TryCommitAsync(over, stored, [], cancellationToken) is not null;
        }

        var release = await ReleaseAsync(rollout, cancellationToken);
        foreach (var block in blocks)
        {
            var begun = block.Devices.Where(d => d.ToldAt is not null && d.Step != UpdateStep.RolledBack).ToList();
            // Who was about to be told must be told, or not, before it is taken back.
            if (begun.Exists(d => d.Step == UpdateStep.Offering && now - d.ToldAt < Turn.CallsEnd) && !TellDevices.HasTold(block, await _tell.RunAsync(rollout, release, block, tell: false, now, cancellationToken)))
                return await RestAsync(stored, now + TimeSpan.FromSeconds(30), cancellationToken);
            if (begun.Count > 0)
                await _tell.TakeBackAsync(rollout, block.Shard, begun, now, cancellationToken);
        }

        var after = Commits.Of(blocks.Select(block => new BlockChange(block, block.Select(d => d.ToldAt is not null ? d.To(UpdateStep.RolledBack) : d)))).First();
        var next = rollout.Change(blocks.Take(after.Count), after.Select(a => a.After)) with { Cursor = after[^1].After.Key };
        await store.TryCommitAsync(next, stored, after, cancellationToken);
        return true;
    }

    /// <summary>Until the next of it is due; an hour at most, so that nothing is forgotten for good.</summary>
    private async Task<bool> RestAsync(Versioned<StagedRollout> stored, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var (rollout, now) = (stored.Value, time.GetUtcNow());
        var next = rollout.Plan > 0 ? await store.NextDueAsync(rollout, cancellationToken) : null;
        var due = new[] { until, next, now + LongestRest }.Min() is { } first && first > now ? first : now + TimeSpan.FromSeconds(1);
        // Whoever commits to the time calls for it; should he die before, a timer comes by.
        if (due != rollout.DueAt && await store.TryCommitAsync(rollout with { DueAt = due }, stored, [], cancellationToken) is not null)
            await work.QueueAsync(new OfferWork(rollout.Track, Rollout: rollout.Release), due - now, cancellationToken);
        return false;
    }
}
