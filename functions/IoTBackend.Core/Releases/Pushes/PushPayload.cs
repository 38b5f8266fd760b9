using System.Text.Json;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Reads every known form of push event. Forms are told apart by their shape, since senders' content types vary
/// (Distribution 2.8 says <c>...events.v1+json</c>, 3.x <c>v2</c>). Never throws; bad input is a reason.
/// </summary>
public static class PushPayload
{
    /// <summary>Bytes; the largest legitimate events are a few kilobytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxHints = 100;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    public static Result<PushEvents> Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxBytes)
            return Result<PushEvents>.Rejected($"The body is larger than {MaxBytes} bytes.");
        try
        {
            using var json = JsonDocument.Parse(body, Options);
            return Parse(json.RootElement) is not { } events
                ? Result<PushEvents>.Rejected("No known form of push event.")
                : events.Hints.Count > MaxHints ? Result<PushEvents>.Rejected($"More than {MaxHints} pushes in one event.")
                : events with { Hints = [.. events.Hints.Distinct()] };
        }
        catch (JsonException)
        {
            return Result<PushEvents>.Rejected("The body is not JSON.");
        }
    }

    private static PushEvents? Parse(JsonElement root) => root.ValueKind switch
    {
        JsonValueKind.Array => EventGridEvents.Parse(root),
        JsonValueKind.Object when Text(root, "specversion") is not null => new("cloudevents", [.. Hints(EventGridEvents.CloudEvent(root))]),
        JsonValueKind.Object when Items(root, "events") is { } events => new("distribution", [.. events.Select(e => Targeted(e)).OfType<PushHint>()]),
        JsonValueKind.Object when Object(root, "target") is not null && Text(root, "action") is not null => new("acr", [.. Hints(Targeted(root))]),
        JsonValueKind.Object => HostedEvents.Parse(root),
        _ => null,
    };

    /// <summary>
    /// <c>action</c> and <c>target</c>, shared by Distribution, ACR's webhook and Event Grid's data. Of a push of several platforms only
    /// the last event counts: blobs and children carry no tag.
    /// </summary>
    internal static PushHint? Targeted(JsonElement item, string? registryName = null)
    {
        if (Text(item, "action") != "push" || Object(item, "target") is not { } target)
            return null;
        var mediaType = Text(target, "mediaType");
        return MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)
            ? PushHint.Create(Text(target, "repository"), Text(target, "tag"), registryName)
            : null;
    }

    internal static IEnumerable<PushHint> Hints(PushHint? hint) => hint is { } one ? [one] : [];
}
