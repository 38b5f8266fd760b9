using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using IoTBackend.Adapters.Alerts.Deliveries.Alertmanager;
using IoTBackend.Adapters.Alerts.Deliveries.Email;
using IoTBackend.Adapters.Alerts.Deliveries.Ntfy;
using IoTBackend.Adapters.Alerts.Deliveries.PagerDuty;
using IoTBackend.Adapters.Alerts.Deliveries.Slack;
using IoTBackend.Adapters.Alerts.Deliveries.Teams;
using IoTBackend.Adapters.Alerts.Deliveries.Webhook;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>What docs/alerts.md shows is what is sent: each block after a mark <c>&lt;!-- name --&gt;</c> is compared with a real message.</summary>
public sealed partial class DocumentedMessagesTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FakeTimeProvider _time = new(Sample.Raised.AddMinutes(2));
    private readonly IAlertLinks _links;

    public DocumentedMessagesTests() => _links = new AlertLinks(new byte[32], new("https://iot.example.com"), _time);

    [Fact]
    public async Task The_messages_in_the_documents_are_those_that_are_sent()
    {
        var file = Path.Combine(Root(), "docs", "alerts.md");
        var document = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        var sent = await MessagesAsync();
        var made = Block().Replace(document, match => $"<!-- {match.Groups[1].Value} -->\n```{match.Groups[2].Value}\n{sent[match.Groups[1].Value].TrimEnd()}\n```");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(file, made, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(Path.GetTempPath(), "alert-mail.html"), sent["mail-html"], TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(Path.GetTempPath(), "alert-card.json"), sent["teams-outage"], TestContext.Current.CancellationToken);
        }

        Assert.True(made == document, "A message changed. Look whether it should; UPDATE_SNAPSHOTS=1 with this test writes docs/alerts.md anew.");
        Assert.True(Block().Count(document) >= 8);
    }

    private async Task<Dictionary<string, string>> MessagesAsync()
    {
        var outage = Outage();
        var storm = Storm();
        await using var receiver = await Receiver.StartAsync();
        receiver.Say(200, "ok");
        using var http = Sample.Http();
        var none = CancellationToken.None;
        var mail = new EmailChannel { Name = "ops-mail", Host = "mail.example.com", From = "iot@example.com", To = ["ops@example.com"] };
        await new Webhook(http, _time).SendAsync(new WebhookChannel { Name = "ops", Url = receiver.Url, Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }, outage, none);
        await new Slack(http).SendAsync(new SlackChannel { Name = "ops", Url = receiver.Url }, outage, none);
        await new Slack(http).SendAsync(new SlackChannel { Name = "ops", Url = receiver.Url }, storm, none);
        await new Teams(http).SendAsync(new TeamsChannel { Name = "ops", Url = receiver.Url }, outage, none);
        await new PagerDuty(http).SendAsync(new PagerDutyChannel { Name = "ops", Url = receiver.Url, Secret = new('k', 32) }, outage, none);
        await new Ntfy(http).SendAsync(new NtfyChannel { Name = "ops", Url = new(receiver.Url, "/fleet") }, outage, none);
        await new Alertmanager(http, _time).SendAsync(new AlertmanagerChannel { Name = "ops", Url = receiver.Url }, outage, none);
        var bodies = receiver.Received.ConvertAll(r => r.Json);
        return new()
        {
            ["webhook-outage"] = Json(bodies[0]),
            ["slack-outage"] = bodies[1].GetProperty("text").GetString()!,
            ["slack-storm"] = bodies[2].GetProperty("text").GetString()!,
            ["teams-outage"] = Json(bodies[3]),
            ["pagerduty-outage"] = Json(bodies[4]),
            ["ntfy-outage"] = Json(bodies[5]),
            ["alertmanager-outage"] = Json(bodies[6]),
            ["mail-outage"] = Email.Mail(mail, outage, _time.GetUtcNow()).TextBody!.ReplaceLineEndings("\n"),
            ["mail-html"] = Email.Mail(mail, outage, _time.GetUtcNow()).HtmlBody!,
        };
    }

    /// <summary>5,000 devices of one site fall silent: one alert of the group, whose members are quiet.</summary>
    private Message Outage()
    {
        var notice = Sample.Notice();
        notice = notice with
        {
            Alert = notice.Alert with
            {
                Id = AlertTransition.IdOf("site-a", AlertKind.GroupOutage, Sample.Raised),
                Kind = AlertKind.GroupOutage,
                DeviceId = null,
                Group = "site-a",
                Groups = ["site-a"],
                Summary = "5000 of 5012 active members of site-a fell silent together.",
                Cause = "gateway",
                Evidence = new Dictionary<string, object> { ["silent"] = 5000, ["active"] = 5012, ["since"] = "2026-11-28T08:58:41Z" },
            },
        };
        return new(notice.IdFor("ops"), [notice], _links);
    }

    /// <summary>No common cause: 3,120 alerts of many kinds within a minute.</summary>
    private Message Storm()
    {
        var notices = Enumerable.Range(0, 3120).Select(i =>
        {
            var kind = i % 40 == 0 ? AlertKind.BatteryCritical : i % 7 == 0 ? AlertKind.BatteryLow : AlertKind.DeviceOffline;
            var notice = Sample.Notice(i % 13 == 5 ? NoticeType.Cleared : NoticeType.Opened, $"meter-{i:0000}", kind == AlertKind.BatteryCritical ? Severity.Critical : Severity.Warning);
            return notice with
            {
                Alert = notice.Alert with
                {
                    Kind = kind,
                    Groups = [$"district-{i % 23:00}"],
                    Cause = kind == AlertKind.DeviceOffline ? i % 3 == 0 ? "link" : "power" : null,
                    Summary = kind == AlertKind.DeviceOffline ? "Silent for 12 min, longer than the 8 min its rhythm explains." : "3 % of charge, below 5 %.",
                },
            };
        });
        var ordered = notices.Select(n => new LaneNotice(n, "", default, "", 0)).Order(LaneNotice.WorstFirst).Select(n => n.Notice);
        return new("msg_many", [.. ordered], _links);
    }

    private static string Json(JsonElement json) => JsonSerializer.Serialize(json, Readable);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex(@"<!-- ([a-z-]+) -->\n```(\w*)\n.*?```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
