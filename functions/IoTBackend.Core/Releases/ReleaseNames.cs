using IoTBackend.Core.Detection;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Core.Releases;

/// <summary>The images of all releases by the hashes a device's state keeps of them; listed anew after half a minute, once for all who ask.</summary>
public sealed class ReleaseNames(IReleases releases, TimeProvider time) : IImageNames
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Task<Dictionary<(uint Track, ulong Digest), (string Track, string Digest)>>? _names;
    private DateTimeOffset _askedAt;
    private volatile IReadOnlyDictionary<(uint Track, ulong Digest), (string Track, string Digest)> _known = Of([]);

    public async ValueTask<IReadOnlyDictionary<(uint Track, ulong Digest), (string Track, string Digest)>> ReadAsync(CancellationToken cancellationToken)
    {
        Task<Dictionary<(uint Track, ulong Digest), (string Track, string Digest)>> names;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_names is null or { IsFaulted: true } || (_names.IsCompleted && (now - _askedAt).Duration() >= Life))
                (_names, _askedAt) = (Task.Run(async () => Of(await releases.ListAsync(null, CancellationToken.None).ToListAsync(CancellationToken.None)), CancellationToken.None), now);
            names = _names;
        }

        try
        {
            return _known = await names.WaitAsync(cancellationToken);
        }
        catch (UnavailableException)
        {
            // A device has more to show than what its images are called.
            return _known;
        }
    }

    internal static Dictionary<(uint Track, ulong Digest), (string Track, string Digest)> Of(IEnumerable<Release> releases)
    {
        var names = new Dictionary<(uint Track, ulong Digest), (string Track, string Digest)>();
        foreach (var release in releases)
        {
            foreach (var digest in release.Platforms.Select(p => p.Digest).Append(release.Digest))
                names[RunningImages.KeyOf(release.Track, digest)] = (release.Track, digest);
        }

        return names;
    }
}
