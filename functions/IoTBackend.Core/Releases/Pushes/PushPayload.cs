using System.Text.Json;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Reads every known form of push event. Forms are told apart by their shape, since senders' content types vary
/// (Distribution 2.8 says <c>...events.v1+json</c>, 3.x <c>v2</c>). Never throws; what is not understood is a reason, what is understood and
/// asks for nothing is a form without pushes.
/// </summary>
public static class PushPayload
{
    /// <summary>Bytes; the largest legitimate events are a few kilobytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxHints = 100;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    public static Result<PushEvents> Parse(PushRequest request)
    {
        if (request.Body.Length > MaxBytes)
            return Result<PushEvents>.Rejected($"The body is larger than {MaxBytes} bytes.");
        try
        {
            using var json = JsonDocument.Parse(request.Json, Options);
            return Parse(request, json.RootElement);
        }
        catch (JsonException)
        {
            return Result<PushEvents>.Rejected("The body is not JSON.");
        }
    }

    private static Result<PushEvents> Parse(PushRequest request, JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
            return EventGridEvents.Parse(root, MaxHints);
        if (root.ValueKind != JsonValueKind.Object)
            return Unknown();
        var pushes = request.CloudEventType is { } type ? CloudEvents.Binary(request, type, root)
            : Text(root, "specversion") is not null ? CloudEvents.Structured(root)
            : Items(root, "events") is { } events ? Distribution(events)
            : HostedEvents.Parse(request, root);
        return pushes?.Done(MaxHints) ?? Unknown();
    }

    // Which one it looks like is all that is said: the body is the sender's.
    private static Result<PushEvents> Unknown() => Result<PushEvents>.Rejected("No known form of push event.");

    private static PushList Distribution(IReadOnlyList<JsonElement> events)
    {
        var pushes = new PushList("distribution");
        foreach (var item in events)
            Targeted(pushes, item);
        return pushes;
    }

    /// <summary>
    /// <c>action</c> and <c>target</c>, shared by Distribution, ACR's webhook and Event Grid's data. Of a push of several platforms only
    /// the last event counts: blobs and children carry no tag.
    /// </summary>
    internal static void Targeted(PushList pushes, JsonElement item, string? registryName = null)
    {
        if (Text(item, "action") != "push" || Object(item, "target") is not { } target)
            return;
        var mediaType = Text(target, "mediaType");
        if (MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType))
            pushes.Add(Text(target, "repository"), Text(target, "tag"), Time(item, "timestamp"), registryName);
    }
}
