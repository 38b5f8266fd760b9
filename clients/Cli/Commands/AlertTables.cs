using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Alerts as people read them.</summary>
internal static class AlertTables
{
    private static readonly Table<HistoryEntry> History = new(
        new("WHEN", h => $"{h.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"),
        new("WHAT", h => h.What),
        new("BY", h => h.By ?? h.Channel ?? ""),
        new("TEXT", h => h.Text ?? ""));

    public static Table<Alert> List(DateTimeOffset now) => new(
        new("ALERT", a => a.Id),
        new("SEVERITY", a => a.Severity, a => Shades.Of(a.Severity)),
        new("STATE", a => a.State ?? "open", a => Shades.Of(a.State), Rank: 1),
        new("FOR", a => Words.Age(a.RaisedAt, a.ClearedAt ?? now), IsNumber: true),
        new("KIND", a => a.Kind, Rank: 2),
        new("ABOUT", About, Rank: 3),
        new("ASSIGNEE", a => a.Assignee ?? "-", Rank: 4),
        new("SUMMARY", a => a.Summary, CutTo: 44));

    public static string About(Alert alert) => alert.DeviceId ?? alert.Group ?? "-";

    public static void Show(Screen screen, AlertDetails alert)
    {
        var now = screen.Now;
        new Facts()
            .Add("Alert", alert.Id)
            .Add("Summary", alert.Summary)
            .Add("Kind", alert.Kind)
            .Add("Severity", alert.Severity, Shades.Of(alert.Severity))
            .Add("State", alert.State, Shades.Of(alert.State))
            .Add("Device", alert.DeviceId)
            .Add("Group", alert.Group)
            .Add("Groups", Words.List(alert.Groups))
            .Add("Cause", alert.Cause)
            .Add("Raised", Words.Time(alert.RaisedAt, now))
            .Add("Acknowledged", alert.AcknowledgedAt is null ? null : $"{Words.Time(alert.AcknowledgedAt, now)} by {alert.AcknowledgedBy ?? "somebody"}")
            .Add("Cleared", Words.Time(alert.ClearedAt, now))
            .Add("Assignee", alert.Assignee)
            .Add("Muted by", alert.MutedBy)
            .Add("Told", Words.List(alert.Channels))
            .Draw(screen);
        if (alert.Evidence is { Count: > 0 } evidence)
        {
            screen.Heading("Evidence");
            var facts = new Facts();
            foreach (var (name, value) in evidence)
                facts.Add(name, value?.ToJsonString().Trim('"'));
            facts.Draw(screen);
        }

        screen.Heading("History");
        History.Draw(screen, alert.History);
    }
}
