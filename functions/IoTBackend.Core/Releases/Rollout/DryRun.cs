using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Judging;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What would happen if a release went out now: who gets what, how many bytes, and who gets nothing and why.</summary>
public sealed class DryRun(ITracks tracks, IReleases releases, IDeviceRegistry devices, IRolloutStore rollouts, PlanRollout plan, TimeProvider time)
{
    private const int Named = 20;

    /// <param name="NotBefore">When the last gate that waits for a time is over; null = nothing waits for one.</param>
    /// <param name="Bytes">To download at most, all devices together.</param>
    /// <param name="BytesAfterCurrent">The same where devices have the layers of the release that is out.</param>
    public sealed record DryRunAnswer(
        string Release, DateTimeOffset? NotBefore, IReadOnlyList<string> StandsInTheWay, int Devices, long Bytes, long BytesAfterCurrent,
        IReadOnlyList<PlatformShare> Platforms, IReadOnlyList<Exclusion> Excluded, RolloutPlan? Rollout = null);

    /// <param name="Waves">When, if all goes well and it began now.</param>
    /// <param name="EndsAt">Of the last wave.</param>
    /// <param name="Waiting">Devices that could not be told now, by why.</param>
    /// <param name="Charge">What it costs, by model.</param>
    public sealed record RolloutPlan(IReadOnlyList<WaveForecast> Waves, DateTimeOffset? EndsAt, IReadOnlyList<Exclusion> Waiting, IReadOnlyList<ChargeShare> Charge);

    /// <param name="Percent">Of a battery's charge, per device.</param>
    /// <param name="Updates">Updates it was learned from; 0 = a stated guess.</param>
    public sealed record ChargeShare(string Model, int Devices, double Percent, int Updates);

    /// <param name="Bytes">Per device.</param>
    public sealed record PlatformShare(string Platform, int Devices, long Bytes, long BytesAfterCurrent);

    /// <param name="Names">The first of them.</param>
    public sealed record Exclusion(string Reason, int Devices, IReadOnlyList<string> Names);

    public async Task<DryRunAnswer> RunAsync(Release release, CancellationToken cancellationToken)
    {
        var track = await tracks.FindAsync(release.Track, cancellationToken);
        var current = await tracks.CurrentAsync(release.Track, cancellationToken) is { } pointer && pointer.Value != release.Id
            ? (await releases.FindAsync(pointer.Value, cancellationToken))?.Value : null;
        var shares = release.Platforms.ToDictionary(p => p.Digest, _ => 0);
        var excluded = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        await foreach (var device in devices.ListAsync(cancellationToken))
        {
            if (track is null || !track.Targets.Match(device))
                continue;
            var offer = Offer.To(device, release, track.Targets);
            if (offer.Value is { } workload)
                shares[workload.PlatformDigest]++;
            else if (excluded.TryGetValue(offer.Reason ?? "", out var names))
                names.Add(device.Id);
            else
                excluded[offer.Reason ?? ""] = [device.Id];
        }

        PlatformShare[] platforms = [.. release.Platforms.Select(p => new PlatformShare(
            p.Platform, shares[p.Digest], p.SizeBytes, p.BytesAfter(current?.Platforms.FirstOrDefault(c => c.Platform == p.Platform))))];
        return new(
            release.Id,
            release.Gates.Max(g => g.Until),
            [.. release.Gates.Where(g => g.Verdict != Verdict.Passed && !release.IsOverridden(g)).Select(g => $"{g.Gate}: {g.Reason}")],
            platforms.Sum(p => p.Devices),
            platforms.Sum(p => p.Devices * p.Bytes),
            platforms.Sum(p => p.Devices * p.BytesAfterCurrent),
            platforms,
            [.. excluded.Select(e => Of(e.Key, e.Value))],
            track is { Rollout.IsStaged: true } ? await PlanAsync(track, release, cancellationToken) : null);
    }

    private async Task<RolloutPlan> PlanAsync(Track track, Release release, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var rollout = new StagedRollout { Release = release.Id, Track = track.Name, Round = 1, Epoch = 0, Rules = track.Rollout, CreatedAt = now };
        var costs = await rollouts.CostsAsync(cancellationToken);
        var made = await plan.MakeAsync(rollout, cancellationToken);
        var devices = made.Blocks.SelectMany(b => b.Devices).ToList();
        var begun = devices.Count(d => d.Step == UpdateStep.Done);
        var waves = RolloutForecast.Of(track.Rollout, made.Limits, 0, begun, made.Rhythm, made.Takes, now, now);
        return new(
            waves,
            waves.Count > 0 ? waves[^1].Ends : null,
            [.. made.Unready.Concat(devices.Where(d => d is { Step: UpdateStep.Lost, Code: Because.Pinned or Because.Excluded or Because.Segment })).GroupBy(d => d.Code ?? "")
                .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Of(g.Key, [.. g.Select(d => d.Id)]))],
            [.. devices.Where(d => d.Step == UpdateStep.Waiting).GroupBy(d => d.Model ?? "").OrderBy(g => g.Key, StringComparer.Ordinal).Select(model =>
            {
                var cost = costs.GetValueOrDefault(model.Key, UpdateCost.Unknown);
                return new ChargeShare(model.Key, model.Count(), Math.Round(model.Average(d => cost.Percent(d.SizeBytes)), 2), cost.Updates);
            })]);
    }

    private static Exclusion Of(string reason, List<string> names) => new(reason, names.Count, [.. names.Order(StringComparer.Ordinal).Take(Named)]);
}
