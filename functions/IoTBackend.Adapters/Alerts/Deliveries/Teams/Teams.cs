using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.Teams;

/// <summary>
/// A Teams workflow that posts an Adaptive Card (https://learn.microsoft.com/power-automate/teams/teams-app-create#microsoft-teams-webhooks,
/// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook). Buttons that act do not work
/// there, so acknowledging is a link. A message holds 28 KB; the service answers 202, and older connectors 200 with the error in the body.
/// </summary>
public sealed class Teams(HttpPost http) : ChannelOf<TeamsChannel>
{
    internal const int MaxBytes = 28 * 1024;

    private const int MaxLine = 2000;

    protected override async Task<DeliveryOutcome> SendAsync(TeamsChannel channel, Message message, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> lines = [.. Words.Lines(message).Select(line => line.Length <= MaxLine ? line : line[..MaxLine] + "\u2026")];
        byte[] body;
        do
        {
            body = JsonSerializer.SerializeToUtf8Bytes(Body(message, lines, channel.Name), WireJson.Options);
            lines = body.Length > MaxBytes ? [.. lines.Take(lines.Count / 2)] : lines;
        }
        while (body.Length > MaxBytes && lines.Count > 0);
        using var request = HttpPost.Json(channel.Url!, body);
        return await http.SendAsync(request, Judge, cancellationToken);
    }

    private static DeliveryOutcome? Judge(HttpAnswer answer)
    {
        if (!answer.IsSuccess || !answer.Body.Contains("error", StringComparison.OrdinalIgnoreCase))
            return null;
        // "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 ..."
        return new(Delivered: false, answer.Said);
    }

    private static object Body(Message message, IReadOnlyList<string> lines, string channel)
    {
        var alert = message.Alone?.Alert;
        var color = message.Notices.All(n => n.Type == NoticeType.Cleared) ? "good" : message.Notices.Max(n => n.Alert.Severity) switch
        {
            Severity.Critical => "attention",
            Severity.Warning => "warning",
            _ => "accent",
        };
        var actions = new[]
        {
            Open(alert is null ? message.Links.List : message.Links.Of(alert), alert is null ? "Open alerts" : "Details"),
            alert is { ClearedAt: null, AcknowledgedAt: null } ? Open(message.Links.Acknowledge(alert, channel), "Acknowledge") : null,
        };
        var content = new Dictionary<string, object>
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.4",
            ["body"] = new object[] { Text(Words.Title(message), color) }.Concat(lines.Select(line => Text(line, null))),
            ["actions"] = actions.OfType<object>(),
        };
        return new { type = "message", attachments = new[] { new { contentType = "application/vnd.microsoft.card.adaptive", content } } };
    }

    private static object Text(string text, string? color) => color is null
        ? new { type = "TextBlock", text = Escape(text), wrap = true, spacing = "Small" }
        : new { type = "TextBlock", text = Escape(text), wrap = true, size = "Large", weight = "Bolder", color };

    private static object? Open(Uri? url, string title) => url is null ? null : new { type = "Action.OpenUrl", title, url = url.AbsoluteUri };

    /// <summary>Text blocks read Markdown: nothing that was said by a device or a name may be a link or a list.</summary>
    private static string Escape(string text) => string.Concat(text.Select(c => c is '[' or ']' or '*' or '_' or '`' or '#' or '\\' ? $"\\{c}" : $"{c}"));
}
