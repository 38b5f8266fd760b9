using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Says to the devices of one block what the rollout has decided. What it is about to do is stored before, what came of it after; done
/// again by whoever finds the first without the second, it has no further effect on a device.
/// </summary>
internal sealed class TellDevices(IDesiredStates states)
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

    private readonly record struct Outcome(Told Told, Workload? Before, DateTimeOffset? Until, bool IsShared);

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
        await states.ChangeAsync(block.Shard, offered.Keys, (id, state) => Change(id, state), cancellationToken);
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
                outcomes[id] = new(Told.Overtaken, null, null, shared);
                return state;
            }

            if (mine && word!.Attempt >= device.Attempt)
            {
                outcomes[id] = new(Told.Yes, word.Before, null, shared);
                return state;
            }

            if (!tell || others.Exists(s => s.Until > now))
            {
                outcomes[id] = new(tell ? Told.Busy : Told.No, null, tell ? others.Max(s => s.Until) : null, shared);
                return state;
            }

            var before = mine ? word!.Before : state.Of(rollout.Track);
            var next = state.With(workload);
            // The same once more only where an operator asked for it.
            if (ReferenceEquals(next, state) && mine)
                next = state.Again();
            outcomes[id] = new(Told.Yes, before, null, shared);
            return next.Remember(new Switch(rollout.Track, rollout.Epoch, device.Attempt, now + Busy(device), before));
        }

        RolloutDevice After(RolloutDevice device, Outcome outcome) => outcome.Told switch
        {
            Told.Yes => device.To(UpdateStep.Told) with { Before = outcome.Before, IsShared = outcome.IsShared, DueAt = now + FirstLook(device) },
            Told.Busy => OfferRules.Wait(Untold(device), Because.OtherTrack, "Another track's update is under way on it.", outcome.Until, now),
            Told.Overtaken => Untold(device).To(UpdateStep.Superseded),
            _ => Untold(device).To(UpdateStep.Waiting) with { DueAt = now },
        };
    }

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

    private static RolloutDevice Untold(RolloutDevice device) => device with { Attempt = device.Attempt - 1, ToldAt = null, Gateway = null };

    private static TimeSpan Busy(RolloutDevice device) => Longer(LeastBusy, device.Interval * BusyIntervals);

    /// <summary>Its next report, about.</summary>
    private static TimeSpan FirstLook(RolloutDevice device) =>
        device.Interval < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : device.Interval < TimeSpan.FromMinutes(30) ? device.Interval : TimeSpan.FromMinutes(30);

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
