using System.Collections.Concurrent;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Finds what no event told of: pushes whose event was lost, a tag that was moved, an image that was deleted, devices registered since.
/// Per track one list of tags and one or two conditional requests; the device work only where something is missing.
/// </summary>
public sealed class ReconcilePushes(
    IRegistries registries, ITracks tracks, IReleases releases, IRegistryReader reader, FollowTag follow, MakeOffers offer,
    IAlertQueue alerts, TimeProvider time)
{
    /// <summary>Tags tried, newest first, when the newest are of no use: a chart beside an image, a broken push.</summary>
    private const int MaxCandidates = 5;

    private const int MaxRegistriesAtOnce = 8;

    /// <summary>Registries are asked side by side, and one that is down or refuses is asked once: it does not keep the others waiting.</summary>
    /// <returns>What went wrong, by track.</returns>
    public async Task<IReadOnlyList<(string Track, Exception Error)>> RunAsync(CancellationToken cancellationToken)
    {
        var all = await tracks.ListAsync(cancellationToken);
        var failed = new ConcurrentBag<(string, Exception)>();
        foreach (var track in all)
        {
            try
            {
                await offer.RunAsync(track.Name, cancellationToken);
            }
            catch (Exception e) when (Failures.IsOfOne(e, cancellationToken))
            {
                failed.Add((track.Name, e));
            }
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxRegistriesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(all.GroupBy(t => t.Registry), parallel, async (ofRegistry, token) =>
        {
            Exception? down = null;
            foreach (var track in ofRegistry)
            {
                try
                {
                    if (down is null)
                        await RunAsync(track, token);
                }
                catch (Exception e) when (RegistryRetry.IsCase(e) || Failures.IsOfOne(e, token))
                {
                    // A refusal is of one repository, a fault of ours of one track; a registry that is down is down for all its tracks.
                    down = e as UnavailableException;
                    failed.Add((track.Name, e));
                }
            }
        });
        return [.. failed];
    }

    public async Task<IReadOnlyList<Followed>> RunAsync(Track track, CancellationToken cancellationToken)
    {
        if (TagPolicy.Create(track.Tags) is not { Value: { } policy }
            || await registries.FindAsync(track.Registry, cancellationToken) is not { } registry)
            return [];
        var source = new ImageSource(registry, track.Repository);
        var followed = new List<Followed>();
        foreach (var tag in await NewestAsync(policy, source, cancellationToken))
        {
            followed.Add(await follow.RunAsync(track, tag, pushed: null, cancellationToken));
            // A tag that is gone, unreadable, held or waiting lets the one behind it go; one that is out or older than what is ends the search.
            if (followed[^1].Result is not (FollowResult.Gone or FollowResult.Refused or FollowResult.Held or FollowResult.Waiting))
                break;
        }

        if (await tracks.CurrentAsync(track.Name, cancellationToken) is { } pointer
            && await releases.FindAsync(pointer.Value, cancellationToken) is { } current)
            await LookForSourceAsync(source, current, followed, cancellationToken);
        return followed;
    }

    private async Task<IReadOnlyList<string>> NewestAsync(TagPolicy policy, ImageSource source, CancellationToken cancellationToken)
    {
        if (policy.Rules is { Order: TagOrder.Exact, Range: { } only })
            return [only];
        var newest = new List<string>();
        await foreach (var tag in reader.ListTagsAsync(source, cancellationToken))
        {
            if (policy.Refuses(tag) is not null)
                continue;
            var at = newest.FindIndex(n => policy.Compare(n, tag) < 0);
            newest.Insert(at < 0 ? newest.Count : at, tag);
            if (newest.Count > MaxCandidates)
                newest.RemoveAt(MaxCandidates);
        }

        return newest;
    }

    /// <summary>What is out may be deleted at the registry: devices go on, but nobody can get it any more.</summary>
    private async Task LookForSourceAsync(
        ImageSource source, Versioned<Release> current, List<Followed> followed, CancellationToken cancellationToken)
    {
        var release = current.Value;
        var isThere = followed.Any(f => f.Digest == release.Digest)
            || !(await reader.LookAsync(source, release.Digest, release.Digest, cancellationToken)).IsGone;
        if (isThere ? release.SourceGoneAt is null : release.SourceGoneTold)
            return;
        if (isThere)
        {
            await alerts.EnqueueAsync(ReleaseAlerts.SourceGone(release, open: false, time.GetUtcNow()), cancellationToken);
            await releases.TrySaveAsync(release with { SourceGoneAt = null, SourceGoneTold = false }, current.Version, cancellationToken);
            return;
        }

        // The time is in the alert's id, so it is kept before it is used. Whoever else changes the release meanwhile: next time.
        release = release with { SourceGoneAt = release.SourceGoneAt ?? time.GetUtcNow() };
        if (!await releases.TrySaveAsync(release, current.Version, cancellationToken)
            || await releases.FindAsync(release.Id, cancellationToken) is not { } stored)
            return;
        await alerts.EnqueueAsync(ReleaseAlerts.SourceGone(stored.Value, open: true, time.GetUtcNow()), cancellationToken);
        await releases.TrySaveAsync(stored.Value with { SourceGoneTold = true }, stored.Version, cancellationToken);
    }
}
