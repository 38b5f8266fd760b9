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
    Task QueueAsync(ReadPushWork work, CancellationToken cancellationToken);

    /// <summary>Find the devices that the track's release is for.</summary>
    Task QueueAsync(OfferWork work, CancellationToken cancellationToken);

    /// <summary>Tell these devices.</summary>
    Task QueueAsync(TellWork work, CancellationToken cancellationToken);
}

/// <param name="Registries">Hosts of the registries it may concern.</param>
public sealed record ReadPushWork(IReadOnlyList<string> Registries, string Repository, string Tag);

/// <param name="LookForPushes">Look first for what was pushed before the track followed it, or without an event.</param>
public sealed record OfferWork(string Track, bool LookForPushes = false);

/// <param name="Shard">Of the desired states, all of these devices.</param>
/// <param name="PlatformDigest">The part of the release that is for them.</param>
public sealed record TellWork(string Track, string Release, int Shard, string PlatformDigest, IReadOnlyList<string> Devices);
