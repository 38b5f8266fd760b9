using System.Text.Json;
using IoTBackend.Core.Releases.Images;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Webhooks of hosted registries. Docker Hub and Quay name no digest and Harbor no media type: what was pushed is found by
/// reading back. Addresses in these bodies (<c>callback_url</c>, <c>docker_url</c>, <c>resource_url</c>) are never used.
/// </summary>
internal static class HostedEvents
{
    /// <summary>Null = none of them. An event of theirs that is no push (a ping, a scan, a deletion) is a form without pushes.</summary>
    public static PushList? Parse(PushRequest request, JsonElement root)
    {
        if (Object(root, "package") is { } owned && Text(owned, "type") is not null)
            return Gitea(root, owned);
        if ((Object(root, "package") ?? Object(root, "registry_package")) is { } package)
            return GitHub(root, package);
        if (request.ForgeEvent is not null)
            return new(request.IsGitea ? "gitea" : "ghcr");
        // GitHub's ping, and its events, where a proxy took the headers away.
        if (Text(root, "zen") is not null && root.TryGetProperty("hook_id", out _))
            return new("ghcr");
        if (Object(root, "push_data") is { } pushed && Object(root, "repository") is { } repository)
            return DockerHub(pushed, repository);
        if (Text(root, "type") is { } type && (Object(root, "event_data") is not null || Number(root, "occur_at") is not null))
            return Harbor(root, type);
        if (Text(root, "source") == "aws.ecr" && Text(root, "detail-type") is { } detailType)
            return Ecr(root, detailType);
        if (Text(root, "repository") is { } name && (root.TryGetProperty("updated_tags", out _) || Text(root, "docker_url") is not null))
            return Quay(root, name);
        return Text(root, "action") is { } action && (Object(root, "target") is not null || action is "ping" or "test") ? Acr(root) : null;
    }

    private static PushList Acr(JsonElement root)
    {
        var pushes = new PushList("acr");
        PushPayload.Targeted(pushes, root);
        return pushes;
    }

    private static PushList DockerHub(JsonElement pushed, JsonElement repository)
    {
        var pushes = new PushList("dockerhub");
        pushes.Add(Text(repository, "repo_name"), Text(pushed, "tag"), EpochSeconds(pushed, "pushed_at"));
        return pushes;
    }

    // github.com/octokit/webhooks, payload-examples/registry_package. Owners keep their capitals there, image names have none.
    // The times in it are the version's, which may be older than its tag.
    private static PushList GitHub(JsonElement root, JsonElement package)
    {
        var pushes = new PushList("ghcr");
        var metadata = Object(Object(package, "package_version"), "container_metadata");
        var mediaType = Text(Object(metadata, "manifest"), "media_type");
        if (Text(root, "action") is "published" or "updated" && Text(package, "package_type")?.ToLowerInvariant() is "container" or "docker"
            && (mediaType is null || MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)))
        {
            var owner = Text(Object(package, "owner"), "login") ?? Text(package, "namespace");
            pushes.Add($"{owner}/{Text(package, "name")}".ToLowerInvariant(), Text(Object(metadata, "tag"), "name"));
        }

        return pushes;
    }

    // go-gitea/gitea, modules/structs/hook.go, PackagePayload; Forgejo's is the same. The version of a container is its tag or its digest.
    private static PushList Gitea(JsonElement root, JsonElement package)
    {
        var pushes = new PushList("gitea");
        var owner = Object(package, "owner");
        if (Text(root, "action") == "created" && Text(package, "type") == "container")
            pushes.Add($"{Text(owner, "login") ?? Text(owner, "username")}/{Text(package, "name")}".ToLowerInvariant(), Text(package, "version"));
        return pushes;
    }

    private static PushList Harbor(JsonElement root, string type)
    {
        var pushes = new PushList("harbor");
        if (type is "PUSH_ARTIFACT" or "pushImage")
            Harbor(pushes, Object(root, "event_data"), EpochSeconds(root, "occur_at"));
        return pushes;
    }

    internal static void Harbor(PushList pushes, JsonElement? data, DateTimeOffset? at)
    {
        var repository = Text(Object(data, "repository"), "repo_full_name");
        var resources = Items(data, "resources") ?? [];
        foreach (var resource in resources)
            pushes.Add(repository, Text(resource, "tag"), at);
        if (resources.Count == 0)
            pushes.Add(null, null);
    }

    private static PushList Ecr(JsonElement root, string detailType)
    {
        var pushes = new PushList("ecr");
        var detail = Object(root, "detail");
        if (detailType == "ECR Image Action" && Text(detail, "action-type") == "PUSH" && Text(detail, "result") == "SUCCESS")
            pushes.Add(Text(detail, "repository-name"), Text(detail, "image-tag"), Time(root, "time"));
        return pushes;
    }

    // A list of tags; an older form maps tags to image ids. Other notifications (builds, scans) name no updated tags.
    private static PushList Quay(JsonElement root, string repository)
    {
        var pushes = new PushList("quay");
        var tags = root.TryGetProperty("updated_tags", out var updated) ? updated : default;
        var names = tags.ValueKind switch
        {
            JsonValueKind.Array => tags.EnumerateArray().Select(Text),
            JsonValueKind.Object => tags.EnumerateObject().Select(NameOf),
            _ => [],
        };
        foreach (var tag in names)
            pushes.Add(repository, tag);
        return pushes;
    }
}
