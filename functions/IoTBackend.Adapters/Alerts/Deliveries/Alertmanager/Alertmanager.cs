using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Deliveries.Alertmanager;

/// <summary>
/// Prometheus Alertmanager, POST /api/v2/alerts (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml). It groups by
/// itself, so many alerts are one request and not one text. It keeps alerts in memory: what is open is repeated, each time with an end
/// three repeats ahead, so that a restart forgets nothing and a backend that died leaves nothing firing for ever.
/// </summary>
public sealed class Alertmanager(HttpPost http, TimeProvider time) : ChannelOf<AlertmanagerChannel>, IForgetfulChannel
{
    private const string Path = "/api/v2/alerts";

    /// <summary>Alerts in one request, some 400 bytes each.</summary>
    private const int MaxAlerts = 2000;

    protected override Task<DeliveryOutcome> SendAsync(AlertmanagerChannel channel, Message message, CancellationToken cancellationToken) =>
        // It has no word for an acknowledgement; the alert goes on firing, and is said again.
        PostAsync(channel, [.. message.Notices.Select(n => (n.Alert, Test: n.Type == NoticeType.Test))], cancellationToken);

    public Task<DeliveryOutcome> RepeatAsync(Channel channel, IReadOnlyList<Alert> open, CancellationToken cancellationToken) =>
        PostAsync((AlertmanagerChannel)channel, [.. open.Select(a => (a, false))], cancellationToken);

    private async Task<DeliveryOutcome> PostAsync(AlertmanagerChannel channel, IReadOnlyList<(Alert Alert, bool Test)> alerts, CancellationToken cancellationToken)
    {
        var outcome = new DeliveryOutcome(Delivered: true, "There was nothing to say.");
        foreach (var some in alerts.Chunk(MaxAlerts))
        {
            var now = time.GetUtcNow();
            using var request = HttpPost.Json(UrlOf(channel), some.Select(a => Body(a.Alert, a.Test, now)).ToArray());
            if (channel.Secret is { } token)
                request.Headers.Authorization = new("Bearer", token);
            outcome = await http.SendAsync(request, null, cancellationToken);
            if (!outcome.Delivered)
                break;
        }

        return outcome;
    }

    private static object Body(Alert alert, bool test, DateTimeOffset now)
    {
        var labels = new Dictionary<string, string>
        {
            ["alertname"] = alert.Kind.Name(),
            ["severity"] = JsonNamingPolicy.CamelCase.ConvertName(alert.WorstSeverity.ToString()),
            ["alert_id"] = alert.Id,
        };
        if (alert.DeviceId is { } device)
            labels["device"] = device;
        if (alert.Group is { } group)
            labels["group"] = group;
        var endsAt = alert.ClearedAt ?? now + (test ? TimeSpan.FromMinutes(1) : 3 * IForgetfulChannel.RepeatEvery);
        return new { labels, annotations = new Dictionary<string, string> { ["summary"] = alert.Summary }, startsAt = alert.RaisedAt, endsAt };
    }

    private static Uri UrlOf(AlertmanagerChannel channel) =>
        channel.Url!.AbsolutePath.EndsWith(Path, StringComparison.Ordinal) ? channel.Url : new Uri(channel.Url.AbsoluteUri.TrimEnd('/') + Path);
}
