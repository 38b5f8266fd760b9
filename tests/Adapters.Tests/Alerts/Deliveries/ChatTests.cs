using System.Text;
using System.Text.Json;
using IoTBackend.Adapters.Alerts.Deliveries.Ntfy;
using IoTBackend.Adapters.Alerts.Deliveries.PagerDuty;
using IoTBackend.Adapters.Alerts.Deliveries.Slack;
using IoTBackend.Adapters.Alerts.Deliveries.Teams;
using IoTBackend.Core.Alerts.Deliveries;
using Microsoft.AspNetCore.Http;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>Servers of our own that enforce what the services' documents say; the documents are named above the classes under test.</summary>
public sealed class ChatTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancellation = CancellationToken.None;

    private readonly IoTBackend.Adapters.Alerts.Deliveries.HttpPost _http = Sample.Http();
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _receiver.DisposeAsync();
    }

    [Theory]
    [InlineData(200, "ok", true)]
    [InlineData(200, "{\"success\":true}", true)]
    [InlineData(200, "no_service", false)]
    [InlineData(200, "<!doctype html>", false)]
    [InlineData(404, "no_service", false)]
    [InlineData(429, "rate_limited", false)]
    public async Task Slack_has_taken_it_when_it_says_ok(int status, string body, bool delivered)
    {
        _receiver.Say(status, body, "text/html", retryAfter: status == 429 ? "30" : null);
        var outcome = await SlackAsync(Sample.One());
        Assert.Equal((delivered, status == 429 ? TimeSpan.FromSeconds(30) : null), (outcome.Delivered, outcome.RetryAfter));
    }

    [Fact]
    public async Task Slack_gets_text_that_cannot_mention_anybody_with_links_and_within_its_length()
    {
        _receiver.Say(200, "ok");
        Assert.True((await SlackAsync(Sample.One())).Delivered);
        Assert.True((await SlackAsync(Sample.Many())).Delivered);
        var texts = _receiver.Received.ConvertAll(r => r.Json.GetProperty("text").GetString()!);
        Assert.StartsWith("*Critical: device offline, pump-7*\nIt is silent &amp; &lt;gone&gt;.\n", texts[0], StringComparison.Ordinal);
        Assert.Contains("|Acknowledge>", texts[0]);
        Assert.InRange(texts[1].Length, 100, Slack.MaxText);
        Assert.Contains("Critical: 5000 alerts", texts[1]);
    }

    [Fact]
    public async Task Teams_gets_a_card_within_28_KB_whose_buttons_are_links()
    {
        _receiver.Answer = (context, received) =>
        {
            context.Response.StatusCode = received.Body.Length > 28 * 1024 ? 413 : 202;
            return Task.CompletedTask;
        };
        Assert.True((await TeamsAsync(Sample.One())).Delivered);
        Assert.True((await TeamsAsync(Sample.One(summary: new('ü', 40_000)))).Delivered);
        Assert.True((await TeamsAsync(Sample.Many())).Delivered);
        var card = _receiver.Received[0].Json.GetProperty("attachments")[0];
        Assert.Equal("application/vnd.microsoft.card.adaptive", card.GetProperty("contentType").GetString());
        var actions = card.GetProperty("content").GetProperty("actions").EnumerateArray().ToList();
        Assert.All(actions, a => Assert.Equal("Action.OpenUrl", a.GetProperty("type").GetString()));
        Assert.Equal(["Details", "Acknowledge"], actions.Select(a => a.GetProperty("title").GetString()));
    }

    [Theory]
    [InlineData(202, "", true)]
    [InlineData(200, "1", true)]
    [InlineData(200, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId ...", false)]
    [InlineData(429, "", false)]
    public async Task Teams_says_errors_in_the_body_too(int status, string body, bool delivered)
    {
        _receiver.Say(status, body, "text/plain");
        Assert.Equal(delivered, (await TeamsAsync(Sample.One())).Delivered);
    }

    [Fact]
    public async Task PagerDuty_keeps_one_incident_for_an_episode_from_its_trigger_to_its_end()
    {
        _receiver.Answer = PagerDutyDocument;
        foreach (var type in new[] { NoticeType.Opened, NoticeType.Acknowledged, NoticeType.Escalated, NoticeType.Cleared })
            Assert.True((await PagerDutyAsync(Sample.One(type, summary: new('x', 3000)))).Delivered);
        Assert.Equal(["trigger", "acknowledge", "trigger", "resolve"], _receiver.Received.Select(r => r.Json.GetProperty("event_action").GetString()));
        Assert.Single(_receiver.Received.Select(r => r.Json.GetProperty("dedup_key").GetString()).Distinct());
    }

    [Fact]
    public async Task PagerDuty_gets_one_incident_for_many_and_its_end()
    {
        _receiver.Answer = PagerDutyDocument;
        Assert.True((await PagerDutyAsync(Sample.Many())).Delivered);
        Assert.True((await new PagerDuty(_http).EndManyAsync(Pager() with { Url = _receiver.Url }, Cancellation)).Delivered);
        Assert.Equal(["trigger", "resolve"], _receiver.Received.Select(r => r.Json.GetProperty("event_action").GetString()));
        Assert.Single(_receiver.Received.Select(r => r.Json.GetProperty("dedup_key").GetString()).Distinct());
        Assert.True((await PagerDutyAsync(Sample.Of(Sample.Notice(NoticeType.Cleared, "a"), Sample.Notice(NoticeType.Cleared, "b")))).Delivered);
        Assert.Equal(2, _receiver.Received.Count);
    }

    [Theory]
    [InlineData(400, """{"status":"invalid event","message":"Event object is invalid","errors":["..."]}""", true)]
    [InlineData(429, "", false)]
    [InlineData(200, "hello", false)]
    public async Task PagerDuty_refuses_for_good_or_for_now(int status, string body, bool isFinal)
    {
        _receiver.Say(status, body);
        var outcome = await PagerDutyAsync(Sample.One());
        Assert.Equal((false, isFinal), (outcome.Delivered, outcome.IsFinal));
    }

    [Fact]
    public async Task Ntfy_gets_a_notification_with_priority_click_and_an_action_that_acknowledges()
    {
        _receiver.Answer = NtfyDocument;
        Assert.True((await NtfyAsync(Sample.One(summary: new('ü', 5000)))).Delivered);
        Assert.True((await NtfyAsync(Sample.Many())).Delivered);
        Assert.True((await NtfyAsync(Sample.One(NoticeType.Cleared))).Delivered);
        var sent = _receiver.Received[0].Json;
        Assert.Equal(("fleet", "Critical: device offline, pump-7", 5), (sent.GetProperty("topic").GetString(), sent.GetProperty("title").GetString(), sent.GetProperty("priority").GetInt32()));
        var action = sent.GetProperty("actions")[0];
        Assert.Equal(("http", "POST"), (action.GetProperty("action").GetString(), action.GetProperty("method").GetString()));
        Assert.Equal("Bearer tk_1", _receiver.Received[0].Headers.Authorization.ToString());
        Assert.Equal(2, _receiver.Received[2].Json.GetProperty("priority").GetInt32());
    }

    [Theory]
    [InlineData(429, """{"code":42901,"http":429,"error":"limit reached: too many requests"}""")]
    [InlineData(200, "<html>proxy</html>")]
    public async Task Ntfy_may_refuse(int status, string body)
    {
        _receiver.Say(status, body, retryAfter: "60");
        Assert.False((await NtfyAsync(Sample.One())).Delivered);
    }

    private static PagerDutyChannel Pager() => new() { Name = "c", Url = null, Secret = new('k', 32) };

    private Task<DeliveryOutcome> SlackAsync(Message message) => new Slack(_http).SendAsync(new SlackChannel { Name = "c", Url = _receiver.Url }, message, Cancellation);

    private Task<DeliveryOutcome> TeamsAsync(Message message) => new Teams(_http).SendAsync(new TeamsChannel { Name = "c", Url = _receiver.Url }, message, Cancellation);

    private Task<DeliveryOutcome> PagerDutyAsync(Message message) => new PagerDuty(_http).SendAsync(Pager() with { Url = _receiver.Url }, message, Cancellation);

    private Task<DeliveryOutcome> NtfyAsync(Message message) =>
        new Ntfy(_http).SendAsync(new NtfyChannel { Name = "c", Url = new(_receiver.Url, "/fleet"), Secret = "tk_1" }, message, Cancellation);

    /// <summary>developer.pagerduty.com/docs/send-alert-event: required fields, lengths, 512 KB.</summary>
    private static Task PagerDutyDocument(HttpContext context, Received received)
    {
        var sent = received.Json;
        var valid = received.Body.Length <= 512 * 1024 && sent.GetProperty("routing_key").GetString()!.Length == 32 && sent.GetProperty("dedup_key").GetString()!.Length <= 255
            && sent.GetProperty("event_action").GetString() switch
            {
                "trigger" => sent.GetProperty("payload") is var payload && payload.GetProperty("summary").GetString()!.Length is > 0 and <= 1024
                    && payload.GetProperty("source").GetString()!.Length > 0 && payload.GetProperty("severity").GetString() is "critical" or "error" or "warning" or "info",
                "acknowledge" or "resolve" => true,
                _ => false,
            };
        context.Response.StatusCode = valid ? 202 : 400;
        return context.Response.WriteAsync(valid ? """{"status":"success","message":"Event processed","dedup_key":"x"}""" : """{"status":"invalid event"}""");
    }

    /// <summary>docs.ntfy.sh/publish: JSON to the root, 4,096 bytes, priorities 1 to 5, three actions.</summary>
    private static Task NtfyDocument(HttpContext context, Received received)
    {
        var sent = received.Json;
        var valid = received.Path == "/" && Encoding.UTF8.GetByteCount(sent.GetProperty("message").GetString()!) <= 4096 && sent.GetProperty("priority").GetInt32() is >= 1 and <= 5
            && (!sent.TryGetProperty("actions", out var actions) || actions.ValueKind == JsonValueKind.Null || actions.GetArrayLength() <= 3);
        context.Response.StatusCode = valid ? 200 : 400;
        return context.Response.WriteAsync(valid ? """{"id":"abc","time":1,"event":"message","topic":"fleet"}""" : """{"code":40001}""");
    }
}
