using Core.Tests.Alerts;
using Functions.Tests.Http;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace Functions.Tests.Alerts;

public sealed class AlertResourcesTests
{
    private readonly AlertWorld _world = new();
    private readonly AlertLinks _links;
    private readonly Api _api;

    public AlertResourcesTests()
    {
        _links = new(new byte[32], new("https://iot.example.com"), _world.Time);
        _api = new(
            _world.Channels, _world.Mutes, _world.Escalations, _world.Alerts, _world.Lanes, _world.Routes, _world.Undelivered, _world.Comments, _world.Sender, _world.Audience,
            _world.EndMute, _world.Acknowledge, _world.Resend, _world.Read, new TendAlert(_world.Alerts, _world.Comments, _world.Time), _links, _world.Time, new AlertWorld.NoDevices());
    }

    [Fact]
    public async Task A_channel_is_made_with_a_secret_shown_once_changed_tried_and_forgotten()
    {
        var made = await _api.SendAsync("PUT", "/api/channels/ops", """{"type":"webhook","url":"https://example.com/hook","minSeverity":"warning"}""");
        Assert.Equal((201, 50), (made.Status, made.Body?.GetProperty("secret").GetString()?.Length));
        Assert.Equal(200, (await _api.SendAsync("PUT", "/api/channels/ops", """{"type":"webhook","url":"https://example.com/other"}""")).Status);
        var shown = (await _api.SendAsync("GET", "/api/channels/ops")).Body!.Value;
        Assert.Equal(("webhook", "https://example.com/other", true, false), (shown.GetProperty("type").GetString(), shown.GetProperty("url").GetString(), shown.GetProperty("hasSecret").GetBoolean(), shown.TryGetProperty("secret", out _)));
        Assert.Equal("Status 204.", (await _api.SendAsync("POST", "/api/channels/ops/test")).Body?.GetProperty("reason").GetString());
        _world.Answer = (_, _) => new(Delivered: false, "Status 404: no_service");
        var failed = await _api.SendAsync("POST", "/api/channels/ops/test");
        Assert.Equal(
            (502, "Channel 'ops' was not told: Status 404: no_service. Check its address and its secret, and that the backend can reach the receiver."), (failed.Status, failed.Detail));
        Assert.Equal(204, (await _api.SendAsync("DELETE", "/api/channels/ops")).Status);
        Assert.Equal(404, (await _api.SendAsync("GET", "/api/channels/ops")).Status);
    }

    [Fact]
    public async Task The_list_of_channels_says_whether_routes_choose_among_them()
    {
        Assert.False((await _api.SendAsync("GET", "/api/channels")).Body?.GetProperty("hasRoutes").GetBoolean());
        Assert.Equal(201, (await _api.SendAsync("PUT", "/api/routes", "{}")).Status);
        Assert.True((await _api.SendAsync("GET", "/api/channels")).Body?.GetProperty("hasRoutes").GetBoolean());
    }

    [Fact]
    public async Task Two_who_mute_in_the_same_moment_each_have_their_mute()
    {
        var made = new List<string?>();
        foreach (var group in (string[])["a", "b"])
        {
            var answer = await _api.SendAsync("POST", "/api/mutes", $$"""{"matchers":{"groups":["{{group}}"]},"until":"{{_world.Time.GetUtcNow().AddHours(1):O}}"}""");
            Assert.Equal(201, answer.Status);
            made.Add(answer.Body?.GetProperty("name").GetString());
        }

        var listed = (await _api.SendAsync("GET", "/api/mutes")).Body?.GetProperty("mutes").EnumerateArray().Select(m => m.GetProperty("name").GetString());
        Assert.Equal(made.Distinct().Order(), listed?.Order());
        Assert.Equal(400, (await _api.SendAsync("POST", "/api/mutes", """{"matchers":{}}""")).Status);
    }

    [Theory]
    [InlineData("PUT", "/api/channels/c", """{"type":"slack","url":"https://example.com","minSevrity":"critical"}""", "The member 'minSevrity' is not known; did you mean 'minSeverity'?")]
    [InlineData("PUT", "/api/channels/c", """{"type":"smoke signal"}""", "type must be one of webhook, alertmanager, slack, teams, pagerduty, ntfy, email.")]
    [InlineData("PUT", "/api/channels/c", """{"type":"slack"}""", "url must be an http or https URL of 2048 characters at most, without user name and password.")]
    [InlineData("PUT", "/api/mutes/m", """{"matchers":{"group":["a"]}}""", "The member 'matchers.group' is not known; did you mean 'groups'?")]
    [InlineData("PUT", "/api/routes", """{"channels":["nobody"]}""", "channels names 'nobody', which is not there; there are: none.")]
    [InlineData("PUT", "/api/escalations/e", """{"steps":[{"after":"PT1S","channels":["x"]}]}""", "steps[0].after must be PT1M to P7D.")]
    [InlineData("POST", "/api/routes/preview", """{"kind":"battery.lwo"}""", null)]
    [InlineData("POST", "/api/alerts/d1~device.offline~1/comments", """{"text":""}""", null)]
    public async Task What_is_wrong_is_refused_by_name(string verb, string path, string body, string? detail)
    {
        var answer = await _api.SendAsync(verb, path, body);
        Assert.Equal(400, answer.Status);
        Assert.Equal(detail ?? answer.Detail, answer.Detail);
    }

    [Fact]
    public async Task A_preview_says_who_would_be_told_and_why_and_tells_nobody()
    {
        _world.Add("ops");
        _world.Add("pager", c => c with { MinSeverity = Severity.Critical });
        Assert.Equal(201, (await _api.SendAsync("PUT", "/api/routes", """{"channels":["ops"],"routes":[{"match":{"groups":["lab"]},"channels":["ops","pager"]}]}""")).Status);
        var told = (await _api.SendAsync("POST", "/api/routes/preview", """{"kind":"battery.low","group":"lab"}""")).Body!.Value;
        Assert.Equal(("ops", "pager", "routes[0]"), (told.GetProperty("channels")[0].GetString(), told.GetProperty("unwanted")[0].GetString(), told.GetProperty("why")[0].GetString()));
        Assert.Equal("default", (await _api.SendAsync("POST", "/api/routes/preview", """{"kind":"battery.low","group":"site"}""")).Body?.GetProperty("why")[0].GetString());
        Assert.Empty(_world.Sent);
    }

    [Fact]
    public async Task A_mute_is_the_silence_of_before()
    {
        Assert.Equal(201, (await _api.SendAsync("PUT", "/api/alerts/silences/s", """{"matchers":{"groups":["a"]},"until":"2026-11-03T00:00:00Z","comment":"Works"}""")).Status);
        var mute = (await _api.SendAsync("GET", "/api/mutes/s")).Body!.Value;
        Assert.Equal(("Works", "Works"), (mute.GetProperty("reason").GetString(), mute.GetProperty("comment").GetString()));
        Assert.Equal("s", (await _api.SendAsync("GET", "/api/alerts/silences")).Body?.GetProperty("silences")[0].GetProperty("name").GetString());
        Assert.Equal(204, (await _api.SendAsync("DELETE", "/api/alerts/silences/s")).Status);
    }

    [Fact]
    public async Task An_alert_shows_its_history_and_takes_an_acknowledgement_an_assignee_and_a_comment()
    {
        var id = await RaisedAsync();
        Assert.Equal("me", (await _api.SendAsync("POST", $"/api/alerts/{id}/acknowledge", """{"by":"me"}""")).Body?.GetProperty("acknowledgedBy").GetString());
        Assert.Equal("you", (await _api.SendAsync("POST", $"/api/alerts/{id}/assign", """{"assignee":"you","by":"me"}""")).Body?.GetProperty("assignee").GetString());
        Assert.Equal(201, (await _api.SendAsync("POST", $"/api/alerts/{id}/comments", """{"text":"The fuse.","by":"you"}""")).Status);
        var history = (await _api.SendAsync("GET", $"/api/alerts/{id}")).Body!.Value.GetProperty("history").EnumerateArray().ToList();
        Assert.Equal(["opened", "told", "acknowledged", "comment", "comment"], history.Select(h => h.GetProperty("what").GetString()));
        Assert.Equal("The fuse.", history[^1].GetProperty("text").GetString());
        Assert.Equal(404, (await _api.SendAsync("GET", "/api/alerts/nobody~device.offline~1")).Status);
    }

    [Fact]
    public async Task Alerts_are_asked_for_by_the_group_their_devices_were_in_and_by_when_they_were_raised()
    {
        var id = await RaisedAsync();
        var alert = (await _world.Alerts.FindAsync(id, default))!;
        Assert.True(await _world.Alerts.TrySaveAsync(alert with { Alert = alert.Alert with { Groups = ["site-a"] } }, default));
        async Task<int?> CountAsync(string query) => (await _api.SendAsync("GET", $"/api/alerts?{query}")).Body?.GetProperty("alerts").GetArrayLength();
        var raised = alert.Alert.RaisedAt;
        Assert.Equal((1, 0), (await CountAsync("group=site-a"), await CountAsync("group=site-b")));
        Assert.Equal((1, 0), (await CountAsync($"since={raised:yyyy-MM-ddTHH:mm:ssZ}"), await CountAsync($"since={raised.AddMinutes(1):yyyy-MM-ddTHH:mm:ssZ}")));
        Assert.Equal(400, (await _api.SendAsync("GET", "/api/alerts?since=yesterday")).Status);
    }

    [Fact]
    public async Task A_signed_link_shows_a_page_to_whoever_fetches_it_and_only_its_button_acknowledges()
    {
        var id = await RaisedAsync();
        var alert = (await _world.Alerts.FindAsync(id, default))!.Alert;
        var link = _links.Acknowledge(alert, "ops")!.PathAndQuery;
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await _api.SendAsync("GET", link)).Status);
        Assert.Null((await _world.Alerts.FindAsync(id, default))!.Alert.AcknowledgedAt);
        Assert.Contains("Acknowledged", (await _api.SendAsync("POST", link)).Text);
        Assert.Equal("link to ops", (await _world.Alerts.FindAsync(id, default))!.Alert.AcknowledgedBy);
    }

    [Theory]
    [InlineData("alert=d1", "alert=d2")]
    [InlineData("channel=ops", "channel=lead")]
    [InlineData("until=17", "until=27")]
    [InlineData("signature=", "signature=0")]
    public async Task A_link_that_was_changed_does_nothing(string from, string to)
    {
        var id = await RaisedAsync();
        var link = _links.Acknowledge((await _world.Alerts.FindAsync(id, default))!.Alert, "ops")!.PathAndQuery;
        Assert.Contains(from, link, StringComparison.Ordinal);
        Assert.Equal(403, (await _api.SendAsync("POST", link.Replace(from, to, StringComparison.Ordinal))).Status);
        Assert.Null((await _world.Alerts.FindAsync(id, default))!.Alert.AcknowledgedAt);
    }

    [Fact]
    public async Task A_link_is_over_after_a_week()
    {
        var id = await RaisedAsync();
        var link = _links.Acknowledge((await _world.Alerts.FindAsync(id, default))!.Alert, "ops")!.PathAndQuery;
        _world.Time.Advance(AlertLinks.Lifetime);
        Assert.Equal(403, (await _api.SendAsync("POST", link)).Status);
    }

    [Fact]
    public async Task What_was_not_delivered_is_listed_and_sent_again_one_by_one_or_all()
    {
        _world.Answer = (_, _) => new(Delivered: false, "Status 410.", IsFinal: true);
        await RaisedAsync("a");
        await RaisedAsync("b");
        var listed = (await _api.SendAsync("GET", "/api/alerts/undelivered?channel=ops")).Body!.Value.GetProperty("undelivered");
        Assert.Equal((2, "Status 410."), (listed.GetArrayLength(), listed[0].GetProperty("reason").GetString()));
        Assert.Equal(["a", "b"], listed.EnumerateArray().Select(u => u.GetProperty("deviceId").GetString()).Order());
        _world.Answer = (_, _) => new(Delivered: true, "ok");
        Assert.Equal(202, (await _api.SendAsync("POST", $"/api/alerts/undelivered/{listed[0].GetProperty("id").GetString()}/resend")).Status);
        Assert.Equal(1, (await _api.SendAsync("POST", "/api/channels/ops/resend")).Body?.GetProperty("count").GetInt32());
        await _world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["Opened a", "Opened b"], _world.Lines("ops").Order());
        Assert.Equal(0, (await _api.SendAsync("GET", "/api/alerts/dead-letters")).Body?.GetProperty("deadLetters").GetArrayLength());
    }

    private async Task<string> RaisedAsync(string device = "d1")
    {
        _world.Add("ops");
        var step = _world.Step(device);
        _world.Raise(step);
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        return step.AlertId;
    }
}
