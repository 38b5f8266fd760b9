using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// CloudEvents 1.0 of those who send them about images: Azure (through Event Grid), Harbor
/// (goharbor/harbor, src/pkg/notifier/formats/cloudevents.go) and zot (project-zot/zot, pkg/extensions/events), which uses binary mode.
/// </summary>
internal static class CloudEvents
{
    public static PushList? Structured(JsonElement item) =>
        Read(Text(item, "type"), Text(item, "source"), Time(item, "time"), Object(item, "data"));

    public static PushList? Binary(PushRequest request, string type, JsonElement data) =>
        Read(type, request.Header("ce-source"), ParseTime(request.Header("ce-time")), data);

    private static PushList? Read(string? type, string? source, DateTimeOffset? time, JsonElement? data)
    {
        if (type is null)
            return null;
        if (type.StartsWith("Microsoft.ContainerRegistry.", StringComparison.Ordinal))
            return Azure(type, source, data);
        if (type.StartsWith("harbor.", StringComparison.Ordinal))
            return Harbor(type, time, data);
        return type.StartsWith("zotregistry.", StringComparison.Ordinal) ? Zot(type, time, data) : null;
    }

    private static PushList Azure(string type, string? source, JsonElement? data)
    {
        var pushes = new PushList("cloudevents");
        if (type == EventGridEvents.Pushed && data is { } pushed)
            PushPayload.Targeted(pushes, pushed, EventGridEvents.RegistryOf(source));
        return pushes;
    }

    private static PushList Harbor(string type, DateTimeOffset? time, JsonElement? data)
    {
        var pushes = new PushList("harbor");
        if (type == "harbor.artifact.pushed")
            HostedEvents.Harbor(pushes, data, time);
        return pushes;
    }

    private static PushList Zot(string type, DateTimeOffset? time, JsonElement? data)
    {
        var pushes = new PushList("zot");
        if (type == "zotregistry.image.updated")
            pushes.Add(Text(data, "name"), Text(data, "reference"), time);
        return pushes;
    }
}
