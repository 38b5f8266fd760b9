using System.Text;
using System.Text.Json;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Takes a push event to the tracks it may concern. The event says where to look, never what is there. A registry that cannot be read
/// now gets work of its own for later and keeps nobody waiting.
/// </summary>
public sealed class FollowPush(
    IRegistries registries, ITracks tracks, IReleases releases, FollowTag follow, WatchReleases watch, IReleaseWork again, TimeProvider time)
{
    /// <summary>What came of a message.</summary>
    /// <param name="Later">Registries that could not be read, and why; their part is queued again.</param>
    public sealed record Outcome(IReadOnlyList<Followed> Followed, IReadOnlyList<(string Registry, Exception Error)> Later);

    /// <summary>A message is work of our own, or comes from Event Grid, which delivers to the queue without passing our endpoint.</summary>
    public Task<Outcome> RunAsync(string message, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(message);
        if (PushPayload.Parse(PushRequest.Of(body)).Value is { } events)
            return RunAsync(events, cancellationToken);
        // Anything else in this queue is a bug, and ends in its poison queue.
        return RunAsync(JsonSerializer.Deserialize<ReadPushWork>(body, WireJson.Options) ?? throw new JsonException("The message is null."), cancellationToken);
    }

    private async Task<Outcome> RunAsync(PushEvents events, CancellationToken cancellationToken)
    {
        var known = await registries.ListAsync(cancellationToken);
        List<Followed> followed = [];
        List<(string, Exception)> later = [];
        var failures = new Failures();
        foreach (var hint in events.Hints)
        {
            await failures.TryAsync(async () =>
            {
                var hosts = known.Where(r => MayConcern(hint, r)).Select(r => r.Host);
                var outcome = await RunAsync(new ReadPushWork([.. hosts], hint.Repository, hint.Tag, hint.At < time.GetUtcNow() ? hint.At : null), cancellationToken);
                followed.AddRange(outcome.Followed);
                later.AddRange(outcome.Later);
            }, cancellationToken);
        }

        failures.ThrowIfAny();
        return new(followed, later);
    }

    private async Task<Outcome> RunAsync(ReadPushWork work, CancellationToken cancellationToken)
    {
        List<Followed> followed = [];
        var later = new Dictionary<string, Exception>();
        var failures = new Failures();
        foreach (var track in await tracks.ListAsync(cancellationToken))
        {
            if (track.Repository != work.Repository || !work.Registries.Contains(track.Registry) || later.ContainsKey(track.Registry))
                continue;
            try
            {
                followed.Add(Referrer.SubjectOf(work.Tag) is { } subject
                    ? await JudgeAgainAsync(track, work.Tag, subject, cancellationToken)
                    : await follow.RunAsync(track, work.Tag, work.PushedAt ?? time.GetUtcNow(), cancellationToken));
            }
            catch (Exception e) when (RegistryRetry.IsCase(e))
            {
                later[track.Registry] = e;
                await again.QueueAsync(work.Again(track.Registry), RegistryRetry.After(work.Attempt), cancellationToken);
            }
            catch (Exception e) when (Failures.IsOfOne(e, cancellationToken))
            {
                failures.Add(e);
            }
        }

        failures.ThrowIfAny();
        return new(followed, [.. later.Select(l => (l.Key, l.Value))]);
    }

    /// <summary>Something was filed under an image: a signature, a report, an approval. What waits or is held is judged anew, what is out is looked at.</summary>
    private async Task<Followed> JudgeAgainAsync(Track track, string tag, string subject, CancellationToken cancellationToken)
    {
        var id = Release.IdOf(track.Name, subject);
        if (await releases.FindAsync(id, cancellationToken) is not { Value: var release } || release.Digest != subject)
            return new(track.Name, tag, FollowResult.NotFollowed);
        var judged = release.ActivatedAt is null
            ? await follow.RunAsync(track, release.Tag, release.LastPushedAt, cancellationToken)
            : new(track.Name, tag, FollowResult.Known, subject);
        try
        {
            // As it is by now: it may have gone out.
            if (await releases.FindAsync(id, cancellationToken) is { Value: var now })
                await watch.RunAsync(track, now, cancellationToken);
            return judged;
        }
        catch (RegistryContentException e)
        {
            return new(track.Name, tag, FollowResult.Refused, Reason: e.Message);
        }
    }

    /// <summary>Event Grid's topic names an ACR by the first label of its host.</summary>
    public static bool MayConcern(PushHint hint, RegistryConfiguration registry) => hint.RegistryName is not { } name
        || (registry.Kind == RegistryKind.Acr && registry.Host.Split('.')[0].Equals(name, StringComparison.OrdinalIgnoreCase));
}
