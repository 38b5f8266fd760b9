using System.Text;
using System.Text.Json;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>Takes a push event to the tracks it may concern. The event says where to look, never what is there.</summary>
public sealed class FollowPush(IRegistries registries, ITracks tracks, FollowTag follow)
{
    /// <summary>A message is work of our own, or comes from Event Grid, which delivers to the queue without passing our endpoint.</summary>
    public Task<IReadOnlyList<FollowResult>> RunAsync(string message, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(message);
        if (PushPayload.Parse(body).Value is { } events)
            return RunAsync(events, cancellationToken);
        // Anything else in this queue is a bug, and ends in its poison queue.
        return RunAsync(JsonSerializer.Deserialize<ReadPushWork>(body, WireJson.Options) ?? throw new JsonException("The message is null."), cancellationToken);
    }

    private async Task<IReadOnlyList<FollowResult>> RunAsync(PushEvents events, CancellationToken cancellationToken)
    {
        var known = await registries.ListAsync(cancellationToken);
        var results = new List<FollowResult>();
        foreach (var hint in events.Hints)
            results.AddRange(await RunAsync(new ReadPushWork([.. known.Where(r => MayConcern(hint, r)).Select(r => r.Host)], hint.Repository, hint.Tag), cancellationToken));
        return results;
    }

    private async Task<IReadOnlyList<FollowResult>> RunAsync(ReadPushWork work, CancellationToken cancellationToken)
    {
        var results = new List<FollowResult>();
        foreach (var track in await tracks.ListAsync(cancellationToken))
        {
            if (track.Repository == work.Repository && work.Registries.Contains(track.Registry))
                results.Add(await follow.RunAsync(track, work.Tag, cancellationToken));
        }

        return results;
    }

    /// <summary>Event Grid's topic names an ACR by the first label of its host.</summary>
    public static bool MayConcern(PushHint hint, RegistryConfiguration registry) => hint.RegistryName is not { } name
        || (registry.Kind == RegistryKind.Acr && registry.Host.Split('.')[0].Equals(name, StringComparison.OrdinalIgnoreCase));
}
