using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>A notice in each channel's language. Null = the language has no word for it, and it counts as delivered.</summary>
internal static class ChannelMessage
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public static HttpRequestMessage? Of(Channel channel, Delivery delivery, DateTimeOffset now) => channel.Type switch
    {
        ChannelType.Webhook => Webhook(channel, delivery, now),
        ChannelType.Alertmanager => Alertmanager(channel, delivery.Notice, now),
        ChannelType.Slack => Post(channel.Url, JsonSerializer.SerializeToUtf8Bytes(new { text = SlackText(delivery.Notice) }, WireJson.Options)),
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel.Type, null),
    };

    /// <summary>Standard Webhooks: the id stays through all attempts, the time is the attempt's.</summary>
    private static HttpRequestMessage Webhook(Channel channel, Delivery delivery, DateTimeOffset now)
    {
        var notice = delivery.Notice;
        var alert = notice.Alert;
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                Type = $"alert.{JsonNamingPolicy.CamelCase.ConvertName(notice.Type.ToString())}",
                Timestamp = notice.At,
                Data = new
                {
                    alert.Id,
                    alert.Kind,
                    alert.Severity,
                    notice.State,
                    alert.DeviceId,
                    alert.Group,
                    alert.Groups,
                    alert.Summary,
                    alert.Cause,
                    alert.RaisedAt,
                    alert.Evidence,
                },
            },
            WireJson.Options);
        var request = Post(channel.Url, body);
        request.Headers.Add("webhook-id", delivery.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(channel.Secret ?? "", delivery.Id, now, body));
        return request;
    }

    /// <summary>
    /// API v2, POST /api/v2/alerts. Without an end Alertmanager takes an alert for resolved after five minutes of silence;
    /// so an open one is given an end far ahead, and a cleared one its own.
    /// </summary>
    private static HttpRequestMessage? Alertmanager(Channel channel, AlertNotice notice, DateTimeOffset now)
    {
        if (notice.Type == NoticeType.Acknowledged)
            return null;
        var alert = notice.Alert;
        var labels = new Dictionary<string, string> { ["alertname"] = alert.Kind.Name(), ["severity"] = Lower(alert.WorstSeverity), ["alert_id"] = alert.Id };
        if (alert.DeviceId is { } device)
            labels["device"] = device;
        if (alert.Group is { } group)
            labels["group"] = group;
        var endsAt = notice.Type switch
        {
            NoticeType.Cleared => notice.At,
            NoticeType.Test => now + TimeSpan.FromMinutes(1),
            _ => now + TimeSpan.FromDays(365),
        };
        var body = new[] { new { labels, annotations = new Dictionary<string, string> { ["summary"] = alert.Summary }, startsAt = alert.RaisedAt, endsAt } };
        const string Path = "/api/v2/alerts";
        var url = channel.Url.AbsolutePath.EndsWith(Path, StringComparison.Ordinal) ? channel.Url : new Uri(channel.Url.AbsoluteUri.TrimEnd('/') + Path);
        var request = Post(url, JsonSerializer.SerializeToUtf8Bytes(body, WireJson.Options));
        if (channel.Secret is { } token)
            request.Headers.Authorization = new("Bearer", token);
        return request;
    }

    private static string SlackText(AlertNotice notice)
    {
        var text = new StringBuilder();
        text.Append('*').Append(notice.Type).Append("* ").Append(notice.Alert.Kind.Name()).Append(" (").Append(Lower(notice.Alert.Severity)).Append("): ");
        // Slack's own three escapes; without them a summary could mention a whole channel.
        text.Append(notice.Alert.Summary.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal));
        return text.ToString();
    }

    private static string Lower(Severity severity) => JsonNamingPolicy.CamelCase.ConvertName(severity.ToString());

    private static HttpRequestMessage Post(Uri url, byte[] body) =>
        new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = Json } } };
}
