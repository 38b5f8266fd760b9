using System.Text.Json;
using IoTBackend.Core.Shared;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// <c>Microsoft.ContainerRegistry.ImagePushed</c> in Event Grid's own schema and as CloudEvents 1.0
/// (learn.microsoft.com/azure/event-grid/event-schema-container-registry), in a batch.
/// </summary>
internal static class EventGridEvents
{
    internal const string Pushed = "Microsoft.ContainerRegistry.ImagePushed";

    private const string Ours = "Microsoft.ContainerRegistry.";
    private const string Grid = "Microsoft.EventGrid.";
    private const string Validation = "Microsoft.EventGrid.SubscriptionValidationEvent";

    public static Result<PushEvents> Parse(JsonElement array, int most)
    {
        var items = array.EnumerateArray().ToList();
        var types = items.Select(i => Text(i, "specversion") is null ? Text(i, "eventType") : Text(i, "type")).ToList();
        if (items.Count == 0 || types.Any(t => t is null))
            return Result<PushEvents>.Rejected("No known form of push event.");
        if (items.Where((i, n) => types[n] == Validation).Select(i => Text(Object(i, "data"), "validationCode")).FirstOrDefault() is { } code)
            return new PushEvents("eventgrid", [], code);
        if (!types.Any(t => t!.StartsWith(Ours, StringComparison.Ordinal) || t.StartsWith(Grid, StringComparison.Ordinal)))
            return Result<PushEvents>.Rejected("Events that are not a registry's.");

        var pushes = new PushList(Text(items[0], "specversion") is null ? "eventgrid" : "cloudevents");
        for (var i = 0; i < items.Count; i++)
        {
            if (types[i] == Pushed && Object(items[i], "data") is { } data)
                PushPayload.Targeted(pushes, data, RegistryOf(Text(items[i], "source") ?? Text(items[i], "topic")));
        }

        return pushes.Done(most);
    }

    /// <summary>Event Grid itself sets the topic, to the resource id; its last part is the registry's name.</summary>
    internal static string? RegistryOf(string? resourceId) => resourceId?.Split('/') is [.., var type, var name]
        && type.Equals("registries", StringComparison.OrdinalIgnoreCase) && name.Length > 0 ? name.ToLowerInvariant() : null;
}
