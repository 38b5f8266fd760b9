using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Finds what no event told of: pushes whose event was lost, a tag that was moved, devices registered since. Per track one list
/// of tags and one or two conditional requests; the device work only where something is missing.
/// </summary>
public sealed class ReconcilePushes(
    IRegistries registries, ITracks tracks, IReleases releases, IRegistryReader reader, FollowTag follow, MakeOffers offer)
{
    /// <summary>One track's registry being down does not keep the others waiting.</summary>
    /// <returns>What went wrong, by track.</returns>
    public async Task<IReadOnlyList<(string Track, Exception Error)>> RunAsync(CancellationToken cancellationToken)
    {
        List<(string, Exception)> failed = [];
        foreach (var track in await tracks.ListAsync(cancellationToken))
        {
            try
            {
                await RunAsync(track, cancellationToken);
            }
            catch (Exception e) when (e is UnavailableException or ConflictException or RegistryContentException or RegistryRefusedException)
            {
                failed.Add((track.Name, e));
            }

            await offer.RunAsync(track.Name, cancellationToken);
        }

        return failed;
    }

    public async Task RunAsync(Track track, CancellationToken cancellationToken)
    {
        if (TagPolicy.Create(track.Tags) is not { Value: { } policy }
            || await registries.FindAsync(track.Registry, cancellationToken) is not { } registry)
            return;
        string? newest = null;
        await foreach (var tag in reader.ListTagsAsync(new(registry, track.Repository), cancellationToken))
        {
            if (policy.Refuses(tag) is null && (newest is null || policy.Compare(newest, tag) < 0))
                newest = tag;
        }

        var current = await tracks.CurrentAsync(track.Name, cancellationToken) is { } pointer
            ? (await releases.FindAsync(pointer.Value, cancellationToken))?.Value.Tag
            : null;
        foreach (var tag in new[] { newest, current }.OfType<string>().Distinct())
            await follow.RunAsync(track, tag, cancellationToken);
    }
}
