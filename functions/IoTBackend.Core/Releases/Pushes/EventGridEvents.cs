using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// <c>Microsoft.ContainerRegistry.ImagePushed</c> in Event Grid's own schema and as CloudEvents 1.0
/// (learn.microsoft.com/azure/event-grid/event-schema-container-registry), single or batched.
/// </summary>
internal static class EventGridEvents
{
    private const string Pushed = "Microsoft.ContainerRegistry.ImagePushed";
    private const string Validation = "Microsoft.EventGrid.SubscriptionValidationEvent";

    public static PushEvents? Parse(JsonElement array)
    {
        var items = array.EnumerateArray().ToList();
        if (items.Count == 0 || !items.All(i => Text(i, "specversion") is not null || Text(i, "eventType") is not null))
            return null;
        var code = items.Where(i => Text(i, "eventType") == Validation).Select(i => Text(Object(i, "data"), "validationCode")).FirstOrDefault();
        return new(
            Text(items[0], "specversion") is null ? "eventgrid" : "cloudevents",
            [.. items.Select(i => CloudEvent(i) ?? Classic(i)).OfType<PushHint>()],
            code);
    }

    public static PushHint? CloudEvent(JsonElement item) =>
        Text(item, "specversion") is not null && Text(item, "type") == Pushed && Object(item, "data") is { } data
            ? PushPayload.Targeted(data, RegistryOf(Text(item, "source")))
            : null;

    private static PushHint? Classic(JsonElement item) =>
        Text(item, "eventType") == Pushed && Object(item, "data") is { } data ? PushPayload.Targeted(data, RegistryOf(Text(item, "topic"))) : null;

    // Event Grid itself sets the topic, to the resource id; its last part is the registry's name.
    private static string? RegistryOf(string? resourceId) => resourceId?.Split('/') is [.., var type, var name]
        && type.Equals("registries", StringComparison.OrdinalIgnoreCase) && name.Length > 0 ? name.ToLowerInvariant() : null;
}
