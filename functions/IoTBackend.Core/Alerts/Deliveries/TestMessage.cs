using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What a channel is sent when an operator tries it: <c>alert.test</c>, of no alert there is.</summary>
public static class TestMessage
{
    public static Message For(Channel channel, IAlertLinks links, DateTimeOffset now)
    {
        var alert = new Alert
        {
            Id = AlertTransition.IdOf("test", AlertKind.DeviceOffline, now),
            Kind = AlertKind.DeviceOffline,
            Severity = Severity.Information,
            WorstSeverity = Severity.Information,
            Summary = $"A test of the channel {channel.Name}; nothing is wrong.",
            Evidence = new Dictionary<string, object>(),
            RaisedAt = now,
            SaidAt = now,
            SaidBy = AlertChange.Opened,
        };
        var notice = new Notice { Type = NoticeType.Test, Alert = alert, At = now, Since = now };
        return new(notice.IdFor(channel.Name), [notice], links);
    }
}
