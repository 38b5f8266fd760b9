using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Decides who comes when. The blocks are written beside each other and count for nothing until the last step says that this plan does:
/// whoever dies before leaves rows that nobody reads.
/// </summary>
public sealed class PlanRollout(
    IRolloutStore store, IReleases releases, ITracks tracks, IDeviceRegistry devices, IModelStore models, IDesiredStates states, Sightings sightings, TimeProvider time)
{
    /// <summary>Before somebody else plans it anew: longer than it takes for the largest fleet.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public async Task RunAsync(Versioned<StagedRollout> stored, CancellationToken cancellationToken)
    {
        var begun = stored.Value with { PlansBegun = stored.Value.PlansBegun + 1, DueAt = time.GetUtcNow() + Patience };
        if (await store.TryCommitAsync(begun, stored, [], cancellationToken) is not { } mine)
            return;
        var made = await MakeAsync(begun, cancellationToken);
        await store.PlanAsync(begun, begun.PlansBegun, Commits.Of(made.Blocks, b => b), cancellationToken);
        var now = time.GetUtcNow();
        var planned = begun with
        {
            Plan = begun.PlansBegun,
            Limits = made.Limits,
            Rhythm = made.Rhythm,
            Takes = made.Takes,
            State = RolloutState.Running,
            WaveSince = now,
            DueAt = now,
            Counts = RolloutCounts.None.Change([], made.Blocks.SelectMany(b => b.Devices)),
        };
        await store.TryCommitAsync(planned.Say("begun", StagedRollout.Backend, null, now), mine, [], cancellationToken);
    }

    /// <summary>What the plan would be now, and which devices could not be told now, each with the reason.</summary>
    public async Task<PlannedRollout> MakeAsync(StagedRollout rollout, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(rollout.Release, cancellationToken) is not { Value: var release } || await tracks.FindAsync(rollout.Track, cancellationToken) is not { } track)
            return new([], [], [], TimeSpan.Zero, null);
        var now = time.GetUtcNow();
        // Each takes as many pages as there are thousands of devices: none waits for another's.
        var (seeing, telling, listing) = (
            Task.Run(() => sightings.ReadAllAsync(rollout.Track, cancellationToken), cancellationToken),
            Task.Run(() => ToldAsync(release, cancellationToken), cancellationToken),
            Task.Run(() => devices.ListAsync(cancellationToken).ToListAsync(cancellationToken).AsTask(), cancellationToken));
        await Task.WhenAll(seeing, telling, listing);
        var (seen, told, fleet) = (await seeing, await telling, await listing);
        var costs = await store.CostsAsync(cancellationToken);
        var place = new Placement(release, track, await ModelsAsync(cancellationToken), (await store.HoldsAsync(rollout.Track, cancellationToken))?.Value, now);
        var candidates = new List<Candidate>();
        var unready = new List<RolloutDevice>();
        var intervals = new List<TimeSpan>();
        var takes = new List<TimeSpan>();
        foreach (var device in fleet)
        {
            if (place.Of(device, null) is not { } placed)
                continue;
            var known = seen.GetValueOrDefault(device.Id);
            if (placed.Step == UpdateStep.Waiting && told.Contains(device.Id) && known?.Names(release.Digest, placed.PlatformDigest) == true)
                placed = placed.To(UpdateStep.Done, WaveRules.Already);
            var cost = (device.Model is { } model ? costs.GetValueOrDefault(model) : null) ?? UpdateCost.Unknown;
            var refused = placed.Step == UpdateStep.Waiting ? OfferRules.Refuse(placed, known, rollout.Rules, cost.Percent(placed.SizeBytes), now) : null;
            if (placed.Step == UpdateStep.Waiting && cost.Takes is { Ticks: > 0 } took)
                takes.Add(took);
            if (known is { IsSilent: false } && placed.Step == UpdateStep.Waiting)
                intervals.Add(known.Interval);
            if (refused is not null)
                unready.Add(refused);
            candidates.Add(new(placed, Stratum(device, known), refused?.Code switch { null => 0, Because.Offline => 2, _ => 1 }, states.ShardOf(device.Id)));
        }

        var already = candidates.Count(c => c.Device.Step == UpdateStep.Done);
        var limits = rollout.Rules.Limits(candidates.Count(c => c.Device.Step == UpdateStep.Waiting)).Select(limit => limit + already).ToArray();
        intervals.Sort();
        return new(WavePlan.Blocks(candidates, limits, release.Id), limits, unready, intervals.Count > 0 ? intervals[intervals.Count / 2] : TimeSpan.Zero, takes.Count > 0 ? takes.Max() : null);
    }

    /// <summary>Devices whose latest word is this release: it has been out before.</summary>
    private async Task<HashSet<string>> ToldAsync(Release release, CancellationToken cancellationToken) => await states.ListAsync(cancellationToken)
        .Where(s => s.Value.Of(release.Track)?.Release == release.Id).Select(s => s.Key).ToHashSetAsync(StringComparer.Ordinal, cancellationToken);

    public async Task<IReadOnlyDictionary<string, DeviceModel>> ModelsAsync(CancellationToken cancellationToken) =>
        (await models.ListAsync(cancellationToken)).ToDictionary(m => m.Name, StringComparer.Ordinal);

    private static string Stratum(Device device, Sighting? seen) => $"{(device.Groups.Count > 0 ? device.Groups[0] : "")}\n{seen?.Gateway}\n{device.Model}";
}

/// <summary>A rollout's devices in their order.</summary>
/// <param name="Limits">How many may have begun by the end of each wave.</param>
/// <param name="Unready">Devices that could not be told now, each with the reason.</param>
/// <param name="Rhythm">Between two reports of a device, the middle one; zero = not known.</param>
/// <param name="Takes">From being told to the switch, as past updates took; null = not known.</param>
public sealed record PlannedRollout(
    IReadOnlyList<RolloutBlock> Blocks, IReadOnlyList<int> Limits, IReadOnlyList<RolloutDevice> Unready, TimeSpan Rhythm, TimeSpan? Takes);
