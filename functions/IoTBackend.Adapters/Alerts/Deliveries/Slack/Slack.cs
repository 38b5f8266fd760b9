using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries.Slack;

/// <summary>
/// Slack's incoming webhooks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks), and what understands their form.
/// Delivered is what is answered with <c>ok</c>: the service says <c>no_service</c> and the like in the body. Text is cut at 3,000 characters
/// of Slack's 4,000 that it shows well; one message a second is what it takes, which the lane keeps to.
/// </summary>
public sealed class Slack(HttpPost http) : ChannelOf<SlackChannel>
{
    internal const int MaxText = 3000;

    protected override async Task<DeliveryOutcome> SendAsync(SlackChannel channel, Message message, CancellationToken cancellationToken)
    {
        using var request = HttpPost.Json(channel.Url!, new { text = Text(message, channel.Name) });
        return await http.SendAsync(request, Judge, cancellationToken);
    }

    private static DeliveryOutcome? Judge(HttpAnswer answer) => answer switch
    {
        { IsSuccess: false } => null,
        // Slack and Mattermost; Rocket.Chat answers {"success":true}.
        _ when answer.Body.Trim() is "ok" || answer.Body.Contains("\"success\":true", StringComparison.Ordinal) => new(Delivered: true, answer.Said),
        _ => new(Delivered: false, $"{answer.Said} (not the ok of Slack)"),
    };

    private static string Text(Message message, string channel)
    {
        var alert = message.Alone?.Alert;
        List<string> lines = [$"*{Escape(Words.Title(message))}*", .. Words.Lines(message).Select(Escape)];
        var links = new[]
        {
            Link(alert is null ? message.Links.List : message.Links.Of(alert), alert is null ? "Open alerts" : "Details"),
            alert is { ClearedAt: null, AcknowledgedAt: null } ? Link(message.Links.Acknowledge(alert, channel), "Acknowledge") : null,
        }.OfType<string>().ToList();
        var end = links.Count == 0 ? "" : "\n" + string.Join(" | ", links);
        var text = string.Join('\n', lines);
        return (text.Length + end.Length <= MaxText ? text : text[..(MaxText - end.Length - 1)] + "\u2026") + end;
    }

    private static string? Link(Uri? url, string text) => url is null ? null : $"<{url.AbsoluteUri}|{text}>";

    /// <summary>Slack's own three escapes; without them a summary could mention a whole channel.</summary>
    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
