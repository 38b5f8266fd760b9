using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>What would happen if a release went out now: who gets what, how many bytes, and who gets nothing and why.</summary>
public sealed class DryRun(ITracks tracks, IReleases releases, IDeviceRegistry devices)
{
    private const int Named = 20;

    /// <param name="NotBefore">When the last gate that waits for a time is over; null = nothing waits for one.</param>
    /// <param name="Bytes">To download at most, all devices together.</param>
    /// <param name="BytesAfterCurrent">The same where devices have the layers of the release that is out.</param>
    public sealed record DryRunAnswer(
        string Release, DateTimeOffset? NotBefore, IReadOnlyList<string> StandsInTheWay, int Devices, long Bytes, long BytesAfterCurrent,
        IReadOnlyList<PlatformShare> Platforms, IReadOnlyList<Exclusion> Excluded);

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
            [.. excluded.Select(e => new Exclusion(e.Key, e.Value.Count, [.. e.Value.Order(StringComparer.Ordinal).Take(Named)]))]);
    }
}
