namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// What a push event is good for: somebody says that a tag of a repository may be new. Never evidence; the registry is read back.
/// It names no address: which registry is meant follows from the configuration.
/// </summary>
/// <param name="Repository">Without the registry, for example <c>fleet/sensor</c>.</param>
/// <param name="Tag">The tag that was pushed.</param>
/// <param name="RegistryName">First label of the registry's host where an authenticated sender gives it (Event Grid's topic); only narrows.</param>
/// <param name="At">When it was pushed, as the sender says; null = it does not.</param>
public readonly record struct PushHint(string Repository, string Tag, string? RegistryName = null, DateTimeOffset? At = null);

/// <summary>What came in one request.</summary>
/// <param name="Form">
/// Who speaks like that: <c>acr</c>, <c>distribution</c>, <c>eventgrid</c>, <c>cloudevents</c>, <c>dockerhub</c>, <c>ghcr</c>, <c>gitea</c>,
/// <c>harbor</c>, <c>quay</c>, <c>ecr</c>, <c>zot</c>.
/// </param>
/// <param name="Hints">The pushes in it; empty when nothing in it asks for an action (blobs, children, pulls, deletions, pings).</param>
/// <param name="ValidationCode">Event Grid asks whether this address wants its events; to be answered with the code.</param>
public sealed record PushEvents(string Form, IReadOnlyList<PushHint> Hints, string? ValidationCode = null);
