using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What a channel is sent when an operator tries it: <c>alert.test</c>, of no alert there is.</summary>
public static class TestNotice
{
    public static Delivery For(Channel channel, DateTimeOffset now)
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
        return Delivery.Of(new(NoticeType.Test, alert, now, AlertState.Open, null), channel, now);
    }
}
