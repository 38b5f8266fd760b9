using Core.Tests.Releases.Rollout;
using Functions.Tests.Http;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Gates;

namespace Functions.Tests.Releases;

public sealed class RolloutResourceTests
{
    private readonly RolloutWorld _world = new(devices: 20);
    private readonly Api _api;

    public RolloutResourceTests() => _api = new(
        _world.Stores, new OperatorDecisions(_world.Stores, _world.Stores, _world.Time), _world.Rollouts, _world.Operate, _world.Progress, _world.DryRun, _world.Time);

    [Fact]
    public async Task Who_asks_for_the_rollout_of_no_release_is_told_that_there_may_be_none()
    {
        var answer = await _api.SendAsync("GET", "/api/releases/nope/rollout");
        Assert.Equal(404, answer.Status);
        Assert.Contains("no such release", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_sees_who_waits_and_why_and_decides_with_a_reason_that_stays()
    {
        _world.Silent.Add("device-0003");
        await _world.ReportAsync();
        var release = await _world.PushAsync("1.0.0");
        await _world.LiveAsync(1);
        var at = $"/api/releases/{release.Id}";
        var shown = await _api.SendAsync("GET", $"{at}/rollout");
        Assert.Equal(("running", 20), (shown.Body?.GetProperty("state").GetString(), shown.Body?.GetProperty("fleet").GetInt32()));
        var tag = shown.Headers.ETag.ToString();

        Assert.Equal(200, (await _api.SendAsync("POST", $"{at}/pause", """{"by":"anna","why":"lunch"}""", ("If-Match", tag))).Status);
        Assert.Equal(412, (await _api.SendAsync("POST", $"{at}/cancel", """{"by":"ben"}""", ("If-Match", tag))).Status);
        var listed = (await _api.SendAsync("GET", "/api/releases")).Body?.GetProperty("releases")[0];
        Assert.Equal(("active", "paused"), (listed?.GetProperty("state").GetString(), listed?.GetProperty("rollout").GetString()));
        Assert.Equal(409, (await _api.SendAsync("POST", $"{at}/next-wave", """{"by":"ben"}""")).Status);
        Assert.Equal(400, (await _api.SendAsync("POST", $"{at}/resume", "{}")).Status);
        Assert.Equal(200, (await _api.SendAsync("POST", $"{at}/resume", """{"by":"ben"}""")).Status);
        var last = (await _api.SendAsync("GET", $"{at}/timeline?top=2")).Body?.GetProperty("steps")[1];
        Assert.Equal(("paused", "anna", "lunch"), (last?.GetProperty("what").GetString(), last?.GetProperty("by").GetString(), last?.GetProperty("why").GetString()));

        Assert.True(await _world.UntilAsync(() => _world.Of(release).State == IoTBackend.Core.Releases.Rollout.RolloutState.Done));
        var devices = (await _api.SendAsync("GET", $"{at}/devices")).Body?.GetProperty("devices").EnumerateArray().ToDictionary(d => d.GetProperty("deviceId").GetString()!) ?? [];
        Assert.Equal(("waiting", "offline"), (devices["device-0003"].GetProperty("state").GetString(), devices["device-0003"].GetProperty("code").GetString()));
        Assert.Equal("running", devices["device-0004"].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_release_says_whether_it_has_a_rollout_also_where_another_is_the_tracks_or_none()
    {
        await _world.ReportAsync();
        var first = await _world.PushAsync("1.0.0");
        await _world.LiveAsync(1);
        var second = await _world.PushAsync("1.1.0");
        await _world.LiveAsync(1);
        foreach (var release in (string[])[first.Id, second.Id])
        {
            var state = (await _api.SendAsync("GET", $"/api/releases/{release}/rollout")).Body?.GetProperty("state").GetString();
            Assert.Equal(state, (await _api.SendAsync("GET", $"/api/releases/{release}")).Body?.GetProperty("rollout").GetString());
        }

        Assert.Equal(200, (await _api.SendAsync("POST", $"/api/releases/{second.Id}/rollback", """{"by":"anna"}""")).Status);
        var listed = (await _api.SendAsync("GET", "/api/releases")).Body?.GetProperty("releases").EnumerateArray().Single(r => r.GetProperty("id").GetString() == second.Id);
        Assert.Equal(("withdrawn", "rollingBack"), (listed?.GetProperty("state").GetString(), listed?.GetProperty("rollout").GetString()));

        await _world.Stores.TrySaveAsync(first with { Id = "sensor-00000000000000000000000000000000", ActivatedAt = null }, null, TestContext.Current.CancellationToken);
        Assert.False((await _api.SendAsync("GET", "/api/releases/sensor-00000000000000000000000000000000")).Body?.TryGetProperty("rollout", out _));
    }

    [Fact]
    public async Task An_approval_is_of_what_was_looked_at_and_on_the_timeline()
    {
        var stored = await _world.Stores.FindAsync((await _world.PushAsync("1.0.0")).Id, TestContext.Current.CancellationToken);
        await _world.Stores.TrySaveAsync(stored!.Value with
        {
            ActivatedAt = null,
            Gates = [new("approvals", Verdict.Waiting, "0 of 2", _world.Now), new("platforms", Verdict.Held, "arm is missing", _world.Now)],
        }, stored.Version, TestContext.Current.CancellationToken);
        var at = $"/api/releases/{stored.Value.Id}";
        var seen = (await _api.SendAsync("GET", at)).Headers.ETag.ToString();

        var approved = await _api.SendAsync("POST", $"{at}/approve", """{"by":"anna","note":"tested"}""", ("If-Match", seen));
        Assert.Equal((200, (await _api.SendAsync("GET", at)).Headers.ETag.ToString()), (approved.Status, approved.Headers.ETag.ToString()));
        Assert.Equal(412, (await _api.SendAsync("POST", $"{at}/approve", """{"by":"ben"}""", ("If-Match", seen))).Status);
        Assert.Equal(412, (await _api.SendAsync("POST", $"{at}/override", """{"gate":"platforms","by":"ben","reason":"later"}""", ("If-Match", seen))).Status);
        Assert.Equal(200, (await _api.SendAsync("POST", $"{at}/override", """{"gate":"platforms","by":"ben","reason":"later"}""", ("If-Match", approved.Headers.ETag.ToString()))).Status);
        Assert.Equal(200, (await _api.SendAsync("POST", $"{at}/approve", """{"by":"ben"}""")).Status);

        var steps = (await _api.SendAsync("GET", $"{at}/timeline")).Body?.GetProperty("steps").EnumerateArray()
            .Select(s => (s.GetProperty("what").GetString(), s.GetProperty("by").GetString(), s.TryGetProperty("why", out var why) ? why.GetString() : null));
        Assert.Equal([("approved", "anna", "tested"), ("approved", "ben", null), ("overridden", "ben", "platforms: later")], steps!.Order());
    }

    [Fact]
    public async Task A_dry_run_says_who_comes_when_and_who_could_not_be_told_now()
    {
        _world.Silent.Add("device-0003");
        await _world.ReportAsync();
        await _world.SetRulesAsync(RolloutWorld.Quick with { AutoStart = false });
        var release = await _world.PushAsync("1.0.0");
        await _world.LiveAsync(1);
        var plan = (await _api.SendAsync("GET", $"/api/releases/{release.Id}/dry-run")).Body?.GetProperty("rollout");
        Assert.Equal([2, 8, 10], plan?.GetProperty("waves").EnumerateArray().Select(w => w.GetProperty("devices").GetInt32()));
        Assert.Equal("device-0003", plan?.GetProperty("waiting")[0].GetProperty("names")[0].GetString());
        Assert.Empty(_world.Told(release));
        Assert.Equal(200, (await _api.SendAsync("POST", $"/api/releases/{release.Id}/start", """{"by":"anna"}""")).Status);
        await _world.LiveAsync(1);
        Assert.NotEmpty(_world.Told(release));
    }

    [Fact]
    public async Task A_device_is_held_listed_and_let_go()
    {
        const string Held = "/api/tracks/sensor/held";
        Assert.Equal((404, 200), ((await _api.SendAsync("GET", "/api/tracks/none/held")).Status, (await _api.SendAsync("GET", Held)).Status));
        Assert.Equal(200, (await _api.SendAsync("PUT", $"{Held}/device-0001", """{"by":"anna","why":"demo"}""")).Status);
        Assert.Equal(400, (await _api.SendAsync("PUT", $"{Held}/device-0001", """{"by":"anna","release":"other-0123456789abcdef0123456789abcdef"}""")).Status);
        Assert.Equal(404, (await _api.SendAsync("PUT", "/api/tracks/none/held/device-0001", """{"by":"anna"}""")).Status);
        var list = await _api.SendAsync("GET", Held);
        Assert.Equal((1, "\"1\""), (list.Body?.GetProperty("held").GetArrayLength(), list.Headers.ETag.ToString()));
        Assert.Equal(412, (await _api.SendAsync("PUT", $"{Held}/device-0002", """{"by":"ben"}""", ("If-Match", "\"0\""))).Status);
        Assert.Equal(412, (await _api.SendAsync("DELETE", $"{Held}/device-0001", null, ("If-Match", "\"0\""))).Status);
        Assert.Equal(200, (await _api.SendAsync("DELETE", $"{Held}/device-0001?by=anna&why=over", null, ("If-Match", list.Headers.ETag.ToString()))).Status);
        Assert.Equal(404, (await _api.SendAsync("DELETE", $"{Held}/device-0001")).Status);
    }
}
