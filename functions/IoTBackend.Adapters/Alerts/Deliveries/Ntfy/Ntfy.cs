using System.Text;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.Ntfy;

/// <summary>
/// ntfy, published as JSON to the server's root (https://docs.ntfy.sh/publish/#publish-as-json): title, priority, tags, a click and an
/// action that acknowledges. A message holds 4,096 bytes (longer ones would become attachments); the server answers 429 when it is enough.
/// </summary>
public sealed class Ntfy(HttpPost http) : ChannelOf<NtfyChannel>
{
    internal const int MaxMessageBytes = 4000;

    protected override async Task<DeliveryOutcome> SendAsync(NtfyChannel channel, Message message, CancellationToken cancellationToken)
    {
        var alert = message.Alone?.Alert;
        var acknowledge = alert is { ClearedAt: null, AcknowledgedAt: null } ? message.Links.Acknowledge(alert, channel.Name) : null;
        var body = new
        {
            topic = channel.Url!.AbsolutePath.Trim('/'),
            title = Words.Title(message),
            message = Cut(string.Join('\n', Words.Lines(message))),
            priority = Priority(message),
            tags = new[] { Tag(message) },
            click = alert is null ? message.Links.List : message.Links.Of(alert),
            actions = acknowledge is null ? null : new[] { new { action = "http", label = "Acknowledge", url = acknowledge, method = "POST", clear = true } },
        };
        using var request = HttpPost.Json(new Uri(channel.Url, "/"), body);
        if (channel.Secret is { } token)
            request.Headers.Authorization = new("Bearer", token);
        return await http.SendAsync(request, answer => answer.IsSuccess && !answer.Body.Contains("\"id\"", StringComparison.Ordinal) ? new(Delivered: false, $"{answer.Said} (not ntfy's answer)") : null, cancellationToken);
    }

    /// <summary>ntfy's 1..5: 5 rings until it is looked at, 2 makes no sound.</summary>
    private static int Priority(Message message) => message.Notices.All(n => n.Type is NoticeType.Cleared or NoticeType.Acknowledged) ? 2 : message.Notices.Max(n => n.Alert.Severity) switch
    {
        Severity.Critical => 5,
        Severity.Warning => 4,
        _ => 3,
    };

    private static string Tag(Message message) => message.Notices.All(n => n.Type is NoticeType.Cleared) ? "white_check_mark" : message.Notices.Max(n => n.Alert.Severity) switch
    {
        Severity.Critical => "rotating_light",
        Severity.Warning => "warning",
        _ => "information_source",
    };

    private static string Cut(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= MaxMessageBytes)
            return text;
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan(0, MaxMessageBytes);
        return Encoding.UTF8.GetString(bytes).TrimEnd('\ufffd') + "\u2026";
    }
}
