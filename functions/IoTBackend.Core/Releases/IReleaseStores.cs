using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases;

public interface IRegistries
{
    Task<RegistryConfiguration?> FindAsync(string host, CancellationToken cancellationToken);

    Task<IReadOnlyList<RegistryConfiguration>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(RegistryConfiguration registry, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(string host, CancellationToken cancellationToken);
}

public interface ITracks
{
    Task<Track?> FindAsync(string track, CancellationToken cancellationToken);

    Task<IReadOnlyList<Track>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(Track track, CancellationToken cancellationToken);

    /// <summary>Forgets the track and which release was its current one; devices keep what they have. False = there was none.</summary>
    Task<bool> DeleteAsync(string track, CancellationToken cancellationToken);

    /// <summary>The id of the release the track's devices are to run.</summary>
    Task<Versioned<string>?> CurrentAsync(string track, CancellationToken cancellationToken);

    /// <summary>False = somebody else changed it since it was read as <paramref name="before"/>.</summary>
    Task<bool> TrySetCurrentAsync(string track, string releaseId, Versioned<string>? before, CancellationToken cancellationToken);
}

public interface IReleases
{
    Task<Versioned<Release>?> FindAsync(string releaseId, CancellationToken cancellationToken);

    /// <summary>Of one track, or of all.</summary>
    IAsyncEnumerable<Release> ListAsync(string? track, CancellationToken cancellationToken);

    /// <summary>Adds (<paramref name="version"/> null) or replaces; false = somebody else did since it was read.</summary>
    Task<bool> TrySaveAsync(Release release, string? version, CancellationToken cancellationToken);

    Task<TagRecord?> FindTagAsync(string track, string tag, CancellationToken cancellationToken);

    Task SaveTagAsync(string track, TagRecord tag, CancellationToken cancellationToken);
}

/// <summary>Work that outlives the process that found it. At-least-once.</summary>
public interface IReleaseWork
{
    /// <summary>Somebody pushed; read it back.</summary>
    /// <param name="after">Not before this has passed.</param>
    Task QueueAsync(ReadPushWork work, TimeSpan after, CancellationToken cancellationToken);

    /// <summary>Find the devices that the track's release is for.</summary>
    Task QueueAsync(OfferWork work, TimeSpan after, CancellationToken cancellationToken);

    /// <summary>Tell these devices.</summary>
    Task QueueAsync(TellWork work, TimeSpan after, CancellationToken cancellationToken);

    /// <summary>What somebody said of a push, as it came, once more.</summary>
    Task PutBackAsync(string push, TimeSpan after, CancellationToken cancellationToken);
}

/// <param name="Registries">Hosts of the registries it may concern.</param>
/// <param name="PushedAt">When it was pushed; null = when nobody knows, which is taken for now.</param>
/// <param name="Attempt">How often the registry could not be read for it.</param>
public sealed record ReadPushWork(IReadOnlyList<string> Registries, string Repository, string Tag, DateTimeOffset? PushedAt = null, int Attempt = 0)
{
    public ReadPushWork Again(string registry) => this with { Registries = [registry], Attempt = Attempt + 1 };

    /// <summary>Looks at what is filed under a release.</summary>
    public static ReadPushWork LookAt(Release release) => new([release.Registry], release.Repository, Referrer.FallbackTag(release.Digest));
}

/// <param name="LookForPushes">Look first for what was pushed before the track followed it, or without an event.</param>
/// <param name="Attempt">How often the registry could not be read for it.</param>
/// <param name="Rollout">Only bring on the rollout of this release: an operator has decided something.</param>
public sealed record OfferWork(string Track, bool LookForPushes = false, int Attempt = 0, string? Rollout = null);

/// <param name="Shard">Of the desired states, all of these devices.</param>
/// <param name="PlatformDigest">The part of the release that is for them.</param>
public sealed record TellWork(string Track, string Release, int Shard, string PlatformDigest, IReadOnlyList<string> Devices);

/// <summary>
/// When work is taken up again whose registry was down or did not let us in. It waits in the queue as new work, so that an hour's
/// outage is no poison; what waits is small, since nobody can push to a registry that is down.
/// </summary>
public static class RegistryRetry
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static TimeSpan After(int attempt) => attempt < 5 ? First * Math.Pow(2, attempt) : Longest;

    /// <summary>The registry is to blame, not the work, the stores or us.</summary>
    public static bool IsCase(Exception e) =>
        e is RegistryRefusedException or UnavailableException { Service: IRegistryReader.Service };
}
