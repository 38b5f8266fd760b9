using System.Net;
using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.PagerDuty;

/// <summary>
/// PagerDuty Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). An episode is one incident by its dedup key (255
/// characters at most): trigger, acknowledge, resolve. Summaries hold 1,024 characters, an event 512 KB; 202 is taken, 400 an invalid
/// event that stays so, 429 and 5xx mean later. One incident stands for many that were told together, until the last of them is over.
/// </summary>
public sealed class PagerDuty(HttpPost http) : ChannelOf<PagerDutyChannel>, IIncidentChannel
{
    internal const int MaxSummary = 1024;
    internal const int MaxKey = 255;

    protected override async Task<DeliveryOutcome> SendAsync(PagerDutyChannel channel, Message message, CancellationToken cancellationToken)
    {
        if (message.Alone is null && message.Notices.All(n => n.Type == NoticeType.Cleared))
            return new(Delivered: true, "Nothing to say: these were part of the incident that stands for many.");
        return await PostAsync(channel, message.Alone is { } notice ? Event(channel, message, notice) : Together(channel, message), cancellationToken);
    }

    public Task<DeliveryOutcome> EndManyAsync(Channel channel, CancellationToken cancellationToken) =>
        PostAsync((PagerDutyChannel)channel, Event((PagerDutyChannel)channel, "resolve", ManyKey(channel)), cancellationToken);

    private async Task<DeliveryOutcome> PostAsync(PagerDutyChannel channel, Dictionary<string, object?> sent, CancellationToken cancellationToken)
    {
        using var request = HttpPost.Json(channel.Url ?? PagerDutyChannel.DefaultUrl, sent);
        return await http.SendAsync(request, Judge, cancellationToken);
    }

    private static string ManyKey(Channel channel) => $"iot-backend/{channel.Name}/many";

    private static DeliveryOutcome? Judge(HttpAnswer answer) => answer switch
    {
        { Status: HttpStatusCode.BadRequest } => new(Delivered: false, answer.Said, IsFinal: true),
        { IsSuccess: true } when !answer.Body.Contains("\"success\"", StringComparison.Ordinal) => new(Delivered: false, $"{answer.Said} (not PagerDuty's success)"),
        _ => null,
    };

    private static Dictionary<string, object?> Event(PagerDutyChannel channel, Message message, Notice notice)
    {
        var alert = notice.Alert;
        var action = notice.Type switch
        {
            NoticeType.Cleared => "resolve",
            NoticeType.Acknowledged => "acknowledge",
            _ => "trigger",
        };
        var sent = Event(channel, action, KeyOf(alert));
        if (action != "trigger")
            return sent;
        var text = notice.Type == NoticeType.Test ? alert.Summary : $"{Words.Title(notice)}: {alert.Summary}";
        sent["payload"] = Payload(text, alert.Severity, Words.Subject(alert), alert.RaisedAt, alert.Groups.Count > 0 ? string.Join(',', alert.Groups) : alert.Group, alert.Kind.Name(), alert.Evidence);
        if (message.Links.Of(alert) is { } link)
            sent["links"] = new[] { new { href = link.AbsoluteUri, text = "Details" } };
        return sent;
    }

    private static Dictionary<string, object?> Together(PagerDutyChannel channel, Message message)
    {
        var sent = Event(channel, "trigger", ManyKey(channel));
        var details = new { lines = Words.Lines(message), alerts = message.Notices.Take(200).Select(n => n.Alert.Id) };
        sent["payload"] = Payload(Words.Title(message), message.Notices.Max(n => n.Alert.Severity), "fleet", message.Notices.Min(n => n.Alert.RaisedAt), null, "alerts.together", details);
        if (message.Links.List is { } list)
            sent["links"] = new[] { new { href = list.AbsoluteUri, text = "Open alerts" } };
        return sent;
    }

    private static Dictionary<string, object?> Event(PagerDutyChannel channel, string action, string key) => new()
    {
        ["routing_key"] = channel.Secret,
        ["event_action"] = action,
        ["dedup_key"] = key,
        ["client"] = "IoT Backend",
    };

    private static Dictionary<string, object?> Payload(string summary, Severity severity, string source, DateTimeOffset at, string? group, string kind, object details) => new()
    {
        ["summary"] = summary.Length <= MaxSummary ? summary : summary[..(MaxSummary - 1)] + "\u2026",
        ["source"] = source,
        ["severity"] = severity == Severity.Information ? "info" : Words.Lower(severity),
        ["timestamp"] = at,
        ["group"] = group,
        ["class"] = kind,
        ["custom_details"] = details,
    };

    private static string KeyOf(Alert alert) =>
        alert.Id.Length <= MaxKey ? alert.Id : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(alert.Id)));
}
