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
    /// <summary>Devices, one that runs several tracks as often.</summary>
    public int Count { get; } = ByRelease.Values.Sum(devices => devices.Count);

    public IReadOnlyList<FleetImage> Of(string releaseId) => ByRelease.TryGetValue(releaseId, out var devices) ? devices : [];
}

/// <summary>
/// Reads what the fleet runs: releases, what devices were told and what they name, side by side. One picture serves for a while; the last is stored,
/// since to take one of a large fleet takes seconds.
/// </summary>
public sealed class FleetImages(IReleases releases, IDesiredStates states, IRunningImages running, IFleetPictures pictures, TimeProvider time) : IDisposable
{
    /// <summary>Up to so many are looked at anew.</summary>
    private const int FewDevices = 5000;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    /// <summary>Of few devices: while a release goes out, others run it every few seconds.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(5);

    /// <summary>Of a stored picture: some turns of the timer that takes one.</summary>
    private static readonly TimeSpan LongLife = TimeSpan.FromMinutes(30);

    private readonly SemaphoreSlim _reading = new(1, 1);
    // Let go of when memory is needed.
    private readonly WeakReference<FleetPicture?> _picture = new(null);

    /// <summary>At most a minute old, of few devices some seconds.</summary>
    public async Task<FleetPicture> ReadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (_picture.TryGetTarget(out var picture) && IsFresh(picture))
                return picture;
            picture = await ReadNowAsync(cancellationToken);
            _picture.SetTarget(picture);
            await pictures.SaveAsync(StoredPicture.Of(picture), cancellationToken);
            return picture;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>At once: of a large fleet the last picture that anybody took, half an hour old at most.</summary>
    public async Task<FleetPicture> LastAsync(CancellationToken cancellationToken)
    {
        if (_picture.TryGetTarget(out var picture) && IsFresh(picture))
            return picture;
        if (await pictures.FindAsync(cancellationToken) is { } stored && time.GetUtcNow() - stored.At < LongLife
            && stored.With(await KnownAsync(cancellationToken)) is { Count: > FewDevices } last)
        {
            _picture.SetTarget(last);
            return last;
        }

        return await ReadAsync(cancellationToken);
    }

    public void Dispose() => _reading.Dispose();

    private bool IsFresh(FleetPicture picture) => time.GetUtcNow() - picture.At < (picture.Count > FewDevices ? Life : ShortLife);

    private async Task<FleetPicture> ReadNowAsync(CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var known = KnownAsync(cancellationToken);
        var images = running.ListImagesAsync(cancellationToken).ToListAsync(cancellationToken).AsTask();
        var told = Task.Run(() => states.ListAsync(cancellationToken).ToListAsync(cancellationToken).AsTask(), cancellationToken);
        await Task.WhenAll(known, images, told);
        var named = Named(await images, (await known).Values);
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
        foreach (var ((device, track), digest) in named)
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
                if (!named.ContainsKey((device, workload.Track)))
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

    private async Task<Dictionary<string, Release>> KnownAsync(CancellationToken cancellationToken)
    {
        var all = await releases.ListAsync(null, cancellationToken).ToListAsync(cancellationToken);
        return all.OrderBy(r => r.FirstSeenAt).ToDictionary(r => r.Id, StringComparer.Ordinal);
    }

    /// <summary>The digest that runs on each track of each device; one of which only the hash is kept, and which no release has, by that.</summary>
    private static Dictionary<(string Device, string Track), string> Named(IReadOnlyList<RunningImage> images, IReadOnlyCollection<Release> releases)
    {
        var names = ReleaseNames.Of(releases);
        var tracks = names.DistinctBy(n => n.Key.Track).ToDictionary(n => n.Key.Track, n => n.Value.Track);
        var named = new Dictionary<(string, string), string>();
        foreach (var image in images)
        {
            named[(image.DeviceId, image.Track)] = image.Digest;
            foreach (var other in image.Others ?? [])
            {
                if (tracks.TryGetValue(other.Track, out var track))
                    named.TryAdd((image.DeviceId, track), names.TryGetValue(other, out var name) ? name.Digest : $"xxh3:{other.Digest:x16}");
            }
        }

        return named;
    }
}
