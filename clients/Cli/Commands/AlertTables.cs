using System.Globalization;
using System.Text.Json.Nodes;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Alerts as people read them.</summary>
internal static class AlertTables
{
    private const int MostNamed = 10;

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
            .Add("Kind", alert.Kind)
            .Add("Severity", alert.Severity, Shades.Of(alert.Severity))
            .Add("State", alert.State, Shades.Of(alert.State))
            .Add("Device", alert.DeviceId)
            .Add("Group", alert.Group)
            .Add("Groups", Words.List(alert.Groups))
            .Add("Raised", Words.Time(alert.RaisedAt, now))
            .Add("Acknowledged", alert.AcknowledgedAt is null ? null : $"{Words.Time(alert.AcknowledgedAt, now)} by {alert.AcknowledgedBy ?? "somebody"}")
            .Add("Cleared", Words.Time(alert.ClearedAt, now))
            .Add("Assignee", alert.Assignee)
            .Add("Muted by", alert.MutedBy)
            .Add("Told", Words.List(alert.Channels))
            .Draw(screen);
        if (alert.Raise is { } raise)
            Said(screen, "Why it was raised", raise.Summary, raise.Cause, raise.Evidence);
        Said(screen, alert.SaidBy == "cleared" ? "How it ended" : alert.Raise is null ? "Why it was raised" : "What is known since", alert.Summary, alert.Cause, alert.Evidence);
        screen.Heading("History");
        History.Draw(screen, alert.History);
    }

    /// <summary>An outage names each member of a site.</summary>
    private static string Names(JsonArray all) =>
        string.Join(", ", all.Take(MostNamed).Select(one => one is JsonValue name && name.TryGetValue<string>(out var text) ? text : one?.ToJsonString()))
        + (all.Count > MostNamed ? $" and {Words.Count(all.Count - MostNamed)} more" : "");

    private static string? Text(JsonNode? value, DateTimeOffset now) =>
        value is JsonArray all ? Names(all)
        : value is not JsonValue one || !one.TryGetValue<string>(out var text) ? value?.ToJsonString()
        : DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? Words.Time(time, now)
        : text;

    private static void Said(Screen screen, string heading, string? summary, string? cause, JsonObject? evidence)
    {
        screen.Heading(heading);
        var facts = new Facts().Add("Summary", summary).Add("Cause", cause);
        foreach (var (name, value) in evidence ?? [])
            facts.Add(name, Text(value, screen.Now));
        facts.Draw(screen);
    }
}
