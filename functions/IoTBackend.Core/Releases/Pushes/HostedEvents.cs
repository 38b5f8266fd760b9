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
    public static PushEvents? Parse(JsonElement root)
    {
        if (Object(root, "push_data") is { } pushed && Object(root, "repository") is { } repository)
            return new("dockerhub", [.. PushPayload.Hints(PushHint.Create(Text(repository, "repo_name"), Text(pushed, "tag")))]);
        if ((Object(root, "package") ?? Object(root, "registry_package")) is { } package)
            return new("ghcr", [.. PushPayload.Hints(GitHub(root, package))]);
        if (Object(root, "event_data") is { } data && Text(root, "type") is { } type)
            return new("harbor", type is "PUSH_ARTIFACT" or "pushImage" ? [.. Harbor(data)] : []);
        if (Text(root, "source") == "aws.ecr" && Object(root, "detail") is { } detail)
            return new("ecr", [.. PushPayload.Hints(Ecr(root, detail))]);
        if (Text(root, "repository") is { } name && root.TryGetProperty("updated_tags", out var tags))
            return new("quay", [.. Quay(tags).Select(tag => PushHint.Create(name, tag)).OfType<PushHint>()]);
        return null;
    }

    // github.com/octokit/webhooks, payload-examples/registry_package. Owners keep their capitals there, image names have none.
    private static PushHint? GitHub(JsonElement root, JsonElement package)
    {
        if (Text(root, "action") is not ("published" or "updated")
            || !"container".Equals(Text(package, "package_type"), StringComparison.OrdinalIgnoreCase))
            return null;
        var owner = Text(Object(package, "owner"), "login") ?? Text(package, "namespace");
        var metadata = Object(Object(package, "package_version"), "container_metadata");
        var mediaType = Text(Object(metadata, "manifest"), "media_type");
        return mediaType is null || MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)
            ? PushHint.Create($"{owner}/{Text(package, "name")}".ToLowerInvariant(), Text(Object(metadata, "tag"), "name"))
            : null;
    }

    private static IEnumerable<PushHint> Harbor(JsonElement data)
    {
        var repository = Text(Object(data, "repository"), "repo_full_name");
        return (Items(data, "resources") ?? []).Select(r => PushHint.Create(repository, Text(r, "tag"))).OfType<PushHint>();
    }

    private static PushHint? Ecr(JsonElement root, JsonElement detail) =>
        Text(root, "detail-type") == "ECR Image Action" && Text(detail, "action-type") == "PUSH" && Text(detail, "result") == "SUCCESS"
            ? PushHint.Create(Text(detail, "repository-name"), Text(detail, "image-tag"))
            : null;

    // A list of tags; an older form maps tags to image ids.
    private static IEnumerable<string?> Quay(JsonElement tags) => tags.ValueKind switch
    {
        JsonValueKind.Array => tags.EnumerateArray().Select(Text),
        JsonValueKind.Object => tags.EnumerateObject().Select(NameOf),
        _ => [],
    };
}
