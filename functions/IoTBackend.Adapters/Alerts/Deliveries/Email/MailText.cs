using System.Net;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.Email;

/// <summary>An e-mail's two parts. The HTML has its styles inline and nothing to load, as mail programs want it.</summary>
internal static class MailText
{
    public static string Plain(Message message, string channel) => string.Join("\r\n", (string[])
    [
        Words.Title(message),
        "",
        .. Words.Lines(message),
        "",
        .. Links(message, channel).Select(l => $"{l.Text}: {l.Url.AbsoluteUri}"),
        $"Sent to the channel {channel} of IoT Backend.",
    ]);

    public static string Html(Message message, string channel)
    {
        var color = message.Notices.All(n => n.Type == NoticeType.Cleared) ? "#1a7f37" : message.Notices.Max(n => n.Alert.Severity) switch
        {
            Severity.Critical => "#b42318",
            Severity.Warning => "#b25e09",
            _ => "#175cd3",
        };
        var lines = string.Concat(Words.Lines(message).Select(line => $"<p style=\"margin:0 0 8px\">{WebUtility.HtmlEncode(line)}</p>"));
        var buttons = string.Concat(Links(message, channel).Select((l, i) =>
            $"<a href=\"{WebUtility.HtmlEncode(l.Url.AbsoluteUri)}\" style=\"display:inline-block;margin:8px 8px 0 0;padding:10px 16px;border-radius:6px;text-decoration:none;{(i == 0 ? $"background:{color};color:#fff" : "border:1px solid #98a2b3;color:#344054")}\">{l.Text}</a>"));
        return $"""
            <!doctype html><html lang="en"><body style="margin:0;background:#f2f4f7;font:16px/1.45 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;color:#1d2939">
            <div style="max-width:600px;margin:24px auto;background:#fff;border-radius:8px;border-top:6px solid {color};padding:24px">
            <h1 style="margin:0 0 16px;font-size:20px;color:{color}">{WebUtility.HtmlEncode(Words.Title(message))}</h1>
            {lines}{buttons}
            <p style="margin:24px 0 0;font-size:13px;color:#667085">Sent to the channel {WebUtility.HtmlEncode(channel)} of IoT Backend.</p>
            </div></body></html>
            """;
    }

    private static IEnumerable<(string Text, Uri Url)> Links(Message message, string channel)
    {
        var alert = message.Alone?.Alert;
        if (alert is { ClearedAt: null, AcknowledgedAt: null } && message.Links.Acknowledge(alert, channel) is { } acknowledge)
            yield return ("Acknowledge", acknowledge);
        if ((alert is null ? message.Links.List : message.Links.Of(alert)) is { } details)
            yield return (alert is null ? "Open alerts" : "Details", details);
    }
}
