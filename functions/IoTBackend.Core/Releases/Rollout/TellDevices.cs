using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Says to the devices of one block what the rollout has decided. What it is about to do is stored before, what came of it after; done
/// again by whoever finds the first without the second, it has no further effect on a device.
/// </summary>
internal sealed class TellDevices(IDesiredStates states, IRolloutStore store)
{
    /// <summary>A device is taken to be busy for this long at least, and for this many of its intervals.</summary>
    private static readonly TimeSpan LeastBusy = TimeSpan.FromMinutes(30);

    private const int BusyIntervals = 20;

    private enum Told
    {
        Yes,

        /// <summary>Another track's rollout has it.</summary>
        Busy,

        /// <summary>A later rollout of the track has told it already.</summary>
        Overtaken,
        No,
    }

    private readonly record struct Outcome(Told Told, Workload? Before, IReadOnlyList<Switch> Under, bool IsShared);

    /// <param name="rollout">Whose word it is.</param>
    /// <param name="release">What they are told.</param>
    /// <param name="block">With devices that are being told.</param>
    /// <param name="tell">False = only look whether they were.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The block as it then is.</returns>
    public async Task<RolloutBlock> RunAsync(StagedRollout rollout, Release release, RolloutBlock block, bool tell, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var offered = block.Devices.Where(d => d.Step == UpdateStep.Offering).ToDictionary(d => d.Id, StringComparer.Ordinal);
        var outcomes = new Dictionary<string, Outcome>(StringComparer.Ordinal);
        var through = new HashSet<Switch>();
        await states.ChangeAsync(block.Shard, offered.Keys, Change, cancellationToken);
        var kept = outcomes.Where(o => o.Value.Told == Told.Busy).ToList();
        through.UnionWith(await ThroughAsync(kept.SelectMany(o => o.Value.Under), cancellationToken));
        if (through.Count > 0)
            await states.ChangeAsync(block.Shard, [.. kept.Select(o => o.Key)], Change, cancellationToken);
        return block.Select(device => outcomes.TryGetValue(device.Id, out var outcome) ? After(device, outcome) : device);

        DesiredState Change(string id, DesiredState state)
        {
            var device = offered[id];
            var word = state.SwitchOf(rollout.Track);
            var mine = word?.Epoch == rollout.Epoch;
            var workload = new Workload(rollout.Track, release.Image, release.Tag, release.Id, device.PlatformDigest, device.SizeBytes);
            var others = (state.Switches ?? []).Where(s => s.Track != rollout.Track).ToList();
            var shared = others.Count > 0;
            if (word?.Epoch > rollout.Epoch)
            {
                outcomes[id] = new(Told.Overtaken, null, [], shared);
                return state;
            }

            if (mine && word!.Attempt >= device.Attempt)
            {
                outcomes[id] = new(Told.Yes, word.Before, [], shared);
                return state;
            }

            var under = others.Where(s => s.Until > now && !through.Contains(Word(s))).ToList();
            if (!tell || under.Count > 0)
            {
                outcomes[id] = new(tell ? Told.Busy : Told.No, null, under, shared);
                return state;
            }

            var before = mine ? word!.Before : state.Of(rollout.Track);
            var next = state.With(workload);
            // The same once more only where an operator asked for it.
            if (ReferenceEquals(next, state) && mine)
                next = state.Again();
            outcomes[id] = new(Told.Yes, before, [], shared);
            return next.Remember(new Switch(rollout.Track, rollout.Epoch, device.Attempt, now + Busy(device), before));
        }

        RolloutDevice After(RolloutDevice device, Outcome outcome) => outcome.Told switch
        {
            Told.Yes => device.To(UpdateStep.Told) with { Before = outcome.Before, IsShared = outcome.IsShared, DueAt = now + FirstLook(device) },
            Told.Busy => OfferRules.Wait(Untold(device) with { Code = Because.OtherTrack }, Because.OtherTrack, "Another track's update is under way on it.", outcome.Under.Max(s => s.Until), now),
            Told.Overtaken => Untold(device).To(UpdateStep.Superseded),
            _ => Untold(device).To(UpdateStep.Waiting) with { DueAt = now },
        };
    }

    /// <summary>All that were about to be told have been: who told them has only not come to say so.</summary>
    public static bool HasTold(RolloutBlock block, RolloutBlock after) =>
        !block.Devices.Zip(after.Devices).Any(d => d.First.Step == UpdateStep.Offering && d.Second.Step == UpdateStep.Waiting);

    /// <summary>Sets devices free for other tracks that are through with this one.</summary>
    public Task FreeAsync(StagedRollout rollout, int shard, IReadOnlyCollection<string> devices, DateTimeOffset now, CancellationToken cancellationToken) =>
        states.ChangeAsync(shard, devices, (_, state) => state.SwitchOf(rollout.Track) is { } word && word.Epoch == rollout.Epoch && word.Until > now
            ? state.Remember(word with { Until = now })
            : state, cancellationToken);

    /// <summary>What each ran before, by its own memory.</summary>
    public Task TakeBackAsync(StagedRollout rollout, int shard, IReadOnlyCollection<RolloutDevice> devices, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var known = devices.ToDictionary(d => d.Id, StringComparer.Ordinal);
        return states.ChangeAsync(shard, known.Keys, (id, state) =>
        {
            if (state.SwitchOf(rollout.Track) is not { } word || word.Epoch != rollout.Epoch || state.Of(rollout.Track)?.Release != rollout.Release)
                return state;
            var next = word.Before is { } before ? state.With(before) : state.Without(rollout.Track);
            return next.Remember(word with { Until = now + Busy(known[id]) });
        }, cancellationToken);
    }

    /// <summary>
    /// Words of rollouts that have no device under way: they keep nobody away, however long they were meant to. What such a rollout says anew meanwhile is another word.
    /// </summary>
    private async Task<IEnumerable<Switch>> ThroughAsync(IEnumerable<Switch> words, CancellationToken cancellationToken)
    {
        var through = new List<Switch>();
        foreach (var said in words.Select(Word).Distinct().GroupBy(w => (w.Track, w.Epoch)))
        {
            if (await store.CurrentAsync(said.Key.Track, cancellationToken) is { } current
                && await store.FindAsync(current.Value.Release, cancellationToken) is { Value: var rollout }
                && rollout.Epoch == said.Key.Epoch && rollout.State is not (RolloutState.Superseded or RolloutState.RollingBack or RolloutState.RolledBack) && rollout.Counts.Open() == 0)
                through.AddRange(said);
        }

        return through;
    }

    /// <summary>To be told from every other by its own figures.</summary>
    private static Switch Word(Switch word) => word with { Before = null };

    private static RolloutDevice Untold(RolloutDevice device) => device with { Attempt = device.Attempt - 1, ToldAt = null, Gateway = null };

    private static TimeSpan Busy(RolloutDevice device) => Longer(LeastBusy, device.Interval * BusyIntervals);

    /// <summary>Its next report, about.</summary>
    private static TimeSpan FirstLook(RolloutDevice device) =>
        device.Interval < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : device.Interval < TimeSpan.FromMinutes(30) ? device.Interval : TimeSpan.FromMinutes(30);

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
