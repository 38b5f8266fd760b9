using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Exposures;

/// <param name="PlatformDigest">The part of the release that is for the device, or the digest it named.</param>
/// <param name="IsSeen">Its telemetry named it; false = it was told it, and names nothing.</param>
public readonly record struct FleetImage(string DeviceId, string PlatformDigest, bool IsSeen);

/// <summary>Which releases the fleet runs, at one moment.</summary>
/// <param name="ByRelease">Devices by release, as telemetry names the image or, where it names none, as they were told.</param>
/// <param name="Releases">All releases, by id.</param>
/// <param name="Unknown">Images that telemetry names and no release is: <c>{track} {digest}</c>, with the number of devices.</param>
public sealed record FleetPicture(
    DateTimeOffset At, IReadOnlyDictionary<string, List<FleetImage>> ByRelease, IReadOnlyDictionary<string, Release> Releases, IReadOnlyDictionary<string, int> Unknown)
{
    public IReadOnlyList<FleetImage> Of(string releaseId) => ByRelease.TryGetValue(releaseId, out var devices) ? devices : [];
}

/// <summary>Reads what the fleet runs: releases, what devices were told and what they name, side by side. One picture serves for a minute.</summary>
public sealed class FleetImages(IReleases releases, IDesiredStates states, IRunningImages running, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _reading = new(1, 1);
    // Let go of when memory is needed.
    private readonly WeakReference<FleetPicture?> _picture = new(null);

    public async Task<FleetPicture> ReadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (_picture.TryGetTarget(out var picture) && time.GetUtcNow() - picture.At < Life)
                return picture;
            picture = await ReadNowAsync(cancellationToken);
            _picture.SetTarget(picture);
            return picture;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    private async Task<FleetPicture> ReadNowAsync(CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var (known, named) = (KnownAsync(cancellationToken), NamedAsync(cancellationToken));
        var told = Task.Run(() => states.ListAsync(cancellationToken).ToListAsync(cancellationToken).AsTask(), cancellationToken);
        await Task.WhenAll(known, named, told);
        var byDigest = new Dictionary<(string, string), string>();
        foreach (var release in (await known).Values)
        {
            byDigest[(release.Track, release.Digest)] = release.Id;
            // A platform's part may be in several releases; the newest is listed last.
            foreach (var platform in release.Platforms)
                byDigest[(release.Track, platform.Digest)] = release.Id;
        }

        var byRelease = new Dictionary<string, List<FleetImage>>(StringComparer.Ordinal);
        var unknown = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var ((device, track), digest) in await named)
        {
            if (byDigest.TryGetValue((track, digest), out var release))
                Add(release, new(device, digest, IsSeen: true));
            else
                unknown[$"{track} {digest}"] = unknown.GetValueOrDefault($"{track} {digest}") + 1;
        }

        foreach (var (device, state) in await told)
        {
            foreach (var workload in state.Workloads)
            {
                if (!named.Result.ContainsKey((device, workload.Track)))
                    Add(workload.Release, new(device, workload.PlatformDigest, IsSeen: false));
            }
        }

        return new(at, byRelease, await known, unknown);

        void Add(string release, FleetImage image)
        {
            if (!byRelease.TryGetValue(release, out var devices))
                byRelease[release] = devices = [];
            devices.Add(image);
        }
    }

    private async Task<IReadOnlyDictionary<string, Release>> KnownAsync(CancellationToken cancellationToken)
    {
        var all = await releases.ListAsync(null, cancellationToken).ToListAsync(cancellationToken);
        return all.OrderBy(r => r.FirstSeenAt).ToDictionary(r => r.Id, StringComparer.Ordinal);
    }

    private async Task<Dictionary<(string Device, string Track), string>> NamedAsync(CancellationToken cancellationToken)
    {
        var named = new Dictionary<(string, string), string>();
        await foreach (var image in running.ListImagesAsync(cancellationToken))
            named[(image.DeviceId, image.Track)] = image.Digest;
        return named;
    }
}
