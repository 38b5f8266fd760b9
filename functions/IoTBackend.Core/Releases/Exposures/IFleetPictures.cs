namespace IoTBackend.Core.Releases.Exposures;

/// <summary>The last picture of what the fleet runs, for those who have none of their own: to take one goes through every device's row.</summary>
public interface IFleetPictures
{
    Task SaveAsync(StoredPicture picture, CancellationToken cancellationToken);

    /// <summary>Null = none was taken yet.</summary>
    Task<StoredPicture?> FindAsync(CancellationToken cancellationToken);
}

/// <param name="Groups">Devices by what they run.</param>
/// <param name="Unknown">As <see cref="FleetPicture.Unknown"/>.</param>
public sealed record StoredPicture(DateTimeOffset At, IReadOnlyList<StoredPicture.Group> Groups, IReadOnlyDictionary<string, int> Unknown)
{
    /// <param name="Release">Its id.</param>
    /// <param name="Digest">As <see cref="FleetImage.PlatformDigest"/>.</param>
    /// <param name="Seen">As <see cref="FleetImage.IsSeen"/>.</param>
    public sealed record Group(string Release, string Digest, bool Seen, IReadOnlyList<string> Devices);

    public static StoredPicture Of(FleetPicture picture) => new(
        picture.At,
        [.. picture.ByRelease.SelectMany(r => r.Value.GroupBy(d => (d.PlatformDigest, d.IsSeen)).Select(g => new Group(r.Key, g.Key.PlatformDigest, g.Key.IsSeen, [.. g.Select(d => d.DeviceId)])))],
        picture.Unknown);

    public FleetPicture With(IReadOnlyDictionary<string, Release> releases) => new(
        At,
        Groups.GroupBy(g => g.Release).ToDictionary(r => r.Key, r => r.SelectMany(g => g.Devices.Select(d => new FleetImage(d, g.Digest, g.Seen))).ToList(), StringComparer.Ordinal),
        releases,
        Unknown);
}
