using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Gates;

namespace IoTBackend.Core.Releases.Rollout;

/// <summary>
/// Which devices were told an image that a vulnerability or package concerns, and which release mends it. Answered from what is stored, in one walk
/// through the desired states, whatever the number of devices.
/// </summary>
public sealed class Exposure(IReleases releases, IDesiredStates states, IEvidenceStore evidence)
{
    /// <param name="Concerned">One line per device and track.</param>
    /// <param name="Unknown">Releases that devices were told and of which no scan or SBOM was ever seen: they may be concerned.</param>
    public sealed record ExposureAnswer(int Devices, IReadOnlyList<ExposedDevice> Concerned, IReadOnlyList<string> Unknown);

    /// <param name="Because">The package, or the vulnerability where no package is named.</param>
    /// <param name="MendedBy">Tag of the newest later release that it does not concern; null = there is none.</param>
    public sealed record ExposedDevice(string DeviceId, string Track, string Tag, string Release, string PlatformDigest, string Because, string? MendedBy);

    public async Task<ExposureAnswer> RunAsync(string? cve, string? package, CancellationToken cancellationToken)
    {
        var verdicts = new Dictionary<string, (bool IsKnown, string? Because, string? MendedBy)>(StringComparer.Ordinal);
        var concerned = new List<ExposedDevice>();
        await foreach (var (device, state) in states.ListAsync(cancellationToken))
        {
            foreach (var told in state.Workloads)
            {
                if (!verdicts.TryGetValue(told.Release, out var verdict))
                    verdicts[told.Release] = verdict = await JudgeAsync(told.Release, cve, package, cancellationToken);
                if (verdict.Because is { } because)
                    concerned.Add(new(device, told.Track, told.Tag, told.Release, told.PlatformDigest, because, verdict.MendedBy));
            }
        }

        return new(concerned.DistinctBy(l => l.DeviceId).Count(), concerned, [.. verdicts.Where(v => !v.Value.IsKnown).Select(v => v.Key).Order(StringComparer.Ordinal)]);
    }

    private async Task<(bool IsKnown, string? Because, string? MendedBy)> JudgeAsync(string id, string? cve, string? package, CancellationToken cancellationToken)
    {
        if (await evidence.FindAsync(id, cancellationToken) is not { } contents)
            return (false, null, null);
        if (contents.Concerns(cve, package) is not { } because || Release.TrackOf(id) is not { } track
            || await releases.FindAsync(id, cancellationToken) is not { Value: var release })
            return (true, contents.Concerns(cve, package), null);
        var later = new List<Release>();
        await foreach (var other in releases.ListAsync(track, cancellationToken))
        {
            if (other.FirstSeenAt > release.FirstSeenAt)
                later.Add(other);
        }

        foreach (var other in later.OrderByDescending(r => r.FirstSeenAt).Take(10))
        {
            if (await evidence.FindAsync(other.Id, cancellationToken) is { } its && its.Concerns(cve, package) is null)
                return (true, because, other.Tag);
        }

        return (true, because, null);
    }
}
