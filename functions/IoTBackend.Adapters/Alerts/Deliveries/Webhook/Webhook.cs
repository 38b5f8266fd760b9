using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.Webhook;

/// <summary>
/// Standard Webhooks 1.0.0 (https://www.standardwebhooks.com). The id stays through all attempts, the time is the attempt's; while a
/// secret is changed both sign. One alert is <c>alert.opened</c> and the like; many together are <c>alerts.together</c>.
/// </summary>
public sealed class Webhook(HttpPost http, TimeProvider time) : ChannelOf<WebhookChannel>
{
    /// <summary>Alerts listed in one message of many; the counts tell of all.</summary>
    internal const int MaxListed = 1000;

    protected override async Task<DeliveryOutcome> SendAsync(WebhookChannel channel, Message message, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var body = JsonSerializer.SerializeToUtf8Bytes(message.Alone is { } notice ? Alone(notice) : Together(message, channel.Name), WireJson.Options);
        using var request = HttpPost.Json(channel.Url!, body);
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        var signatures = WebhookSignature.Sign(channel.Secret ?? "", message.Id, now, body);
        if (channel.PreviousSecret is { } previous && channel.PreviousSecretUntil > now)
            signatures += " " + WebhookSignature.Sign(previous, message.Id, now, body);
        request.Headers.Add("webhook-signature", signatures);
        return await http.SendAsync(request, null, cancellationToken);
    }

    private static object Alone(Notice notice) => new
    {
        Type = $"alert.{Camel(notice.Type)}",
        Timestamp = notice.At,
        Data = Data(notice, together: null),
        notice.Note,
    };

    private static object Together(Message message, string channel) => new
    {
        Type = "alerts.together",
        Timestamp = message.Notices.Max(n => n.At),
        Data = new
        {
            message.Notices.Count,
            message.Note,
            Summary = Words.Title(message),
            ByType = Tally(message, n => Camel(n.Type)),
            BySeverity = Tally(message, n => Camel(n.Alert.Severity)),
            ByKind = Tally(message, n => n.Alert.Kind.Name()),
            ByCause = Tally(message, n => n.Alert.Cause ?? "none"),
            Alerts = message.Notices.Take(MaxListed).Select(n => Data(n, channel)),
            List = message.Links.List,
        },
    };

    /// <param name="notice">What is told.</param>
    /// <param name="together">The channel's name where many are told together: each has the id there that it would have as a message of its own.</param>
    private static object Data(Notice notice, string? together)
    {
        var alert = notice.Alert;
        return new
        {
            alert.Id,
            alert.Kind,
            alert.Severity,
            State = notice.Type switch
            {
                NoticeType.Cleared => AlertState.Cleared,
                NoticeType.Acknowledged => AlertState.Acknowledged,
                _ => AlertState.Open,
            },
            alert.DeviceId,
            alert.Group,
            alert.Groups,
            alert.Summary,
            alert.Cause,
            alert.RaisedAt,
            Evidence = together is null ? alert.Evidence : null,
            MessageId = together is null ? null : notice.IdFor(together),
        };
    }

    private static SortedDictionary<string, int> Tally(Message message, Func<Notice, string> by) =>
        new(message.Notices.CountBy(by).ToDictionary(c => c.Key, c => c.Value), StringComparer.Ordinal);

    private static string Camel(Enum value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
