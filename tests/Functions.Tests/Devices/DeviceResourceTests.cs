using Core.Tests.Alerts;
using Core.Tests.State;
using Functions.Tests.Http;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Devices;

public sealed class DeviceResourceTests : IDisposable
{
    private readonly MemoryFleet _fleet = new();
    private readonly Fleet _list;
    private readonly FleetView _view;
    private readonly Api _api;

    public DeviceResourceTests()
    {
        var (time, alerts, queue) = (new FakeTimeProvider(), new MemoryAlerts(), new MemoryAlertQueue());
        var registration = new DeviceRegistration(_fleet, new(new byte[32]), time);
        _list = new(_fleet, _fleet, time);
        _view = new(_list, _fleet, _fleet, time);
        _api = new(_fleet, alerts, registration, _list, _view, new RemoveDevice(registration, new MemoryDeviceStates(), alerts, queue, time));
    }

    [Fact]
    public async Task A_device_is_registered_shown_changed_and_removed_and_its_keys_are_shown_once()
    {
        var made = await _api.SendAsync("PUT", "/api/fleet/devices/d", """{"groups":["site-a"],"labels":{"room":"2"}}""");
        Assert.Equal((201, 44), (made.Status, made.Body?.GetProperty("primaryKey").GetString()?.Length));
        Assert.Equal(200, (await _api.SendAsync("PUT", "/api/fleet/devices/d", """{"platform":"linux/arm64"}""")).Status);
        var shown = (await _api.SendAsync("GET", "/api/fleet/devices/d")).Body!.Value;
        Assert.Equal(("linux/arm64", false, 0), (shown.GetProperty("platform").GetString(), shown.TryGetProperty("primaryKey", out _), shown.GetProperty("groups").GetArrayLength()));
        Assert.Equal(204, (await _api.SendAsync("DELETE", "/api/fleet/devices/d")).Status);
        Assert.Equal(404, (await _api.SendAsync("GET", "/api/fleet/devices/d")).Status);
    }

    [Theory]
    [InlineData("""{"platfrom":"linux/arm64"}""", "The member 'platfrom' is not known; did you mean 'platform'?")]
    [InlineData("""{"groups":"site-a"}""", "groups must be an array.")]
    [InlineData("""{"groups":[null]}""", "groups[0] must not be null.")]
    [InlineData("""{"groups":["a b"]}""", "groups must have 1 to 128 characters of A-Z a-z 0-9 - _ . : and not only dots.")]
    [InlineData("""{"labels":{"a":1}}""", "labels.a must be text.")]
    [InlineData("""{"labels":{"a":"\n"}}""", "labels.a must be text of 256 characters at most, without control characters.")]
    [InlineData("""{"platform":"Linux"}""", "platform must be os/architecture[/variant], for example linux/arm64/v8.")]
    [InlineData("""{"reportingInterval":"PT0S"}""", "reportingInterval must be PT1S to P366D.")]
    [InlineData("""{"reportingInterval":"1 minute","model":7}""", "reportingInterval must be a duration as in ISO 8601, for example PT1M. model must be text.")]
    [InlineData("""{"status":"online"}""", "The member 'status' is not known; known are model, platform, groups, reportingInterval, labels.")]
    public async Task A_registration_that_is_wrong_changes_nothing(string body, string detail)
    {
        await _api.SendAsync("PUT", "/api/fleet/devices/d", """{"platform":"linux/arm64"}""");
        var answer = await _api.SendAsync("PUT", "/api/fleet/devices/d", body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
        Assert.Equal("linux/arm64", (await _api.SendAsync("GET", "/api/fleet/devices/d")).Body?.GetProperty("platform").GetString());
    }

    [Theory]
    [InlineData("filter=status:bogus", "filter: status is one of neverSeen, online, offline, disabled, not 'status:bogus'.")]
    [InlineData("filter=status:online,offline", "filter: status is one of neverSeen, online, offline, disabled, not 'status:online,offline'.")]
    [InlineData("filter=modle:m", "filter: 'modle:m' is not known; did you mean 'model'?")]
    [InlineData("filter=model:", "filter: 'model:' has no value; write model:VALUE.")]
    [InlineData("filter=battery<200", "filter: battery<PERCENT, 0 to 100.")]
    [InlineData("top=-1", "top must be 1 to 1000.")]
    [InlineData("top=1001", "top must be 1 to 1000.")]
    [InlineData("top=ten", "top must be a whole number.")]
    [InlineData("top=99999999999999999999", "top must be a whole number.")]
    [InlineData("top=1&top=2", "The query parameter 'top' is given 2 times.")]
    [InlineData("tpo=1", "The query parameter 'tpo' is not known; did you mean 'top'?")]
    [InlineData("continuation=abc", "continuation must be what the page before of this list said.")]
    [InlineData("continuation=%ff", "continuation must be what the page before of this list said.")]
    public async Task A_question_that_is_wrong_is_refused_in_words_that_mend_it(string query, string detail)
    {
        var answer = await _api.SendAsync("GET", $"/api/fleet/devices?{query}");
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_another_lists_continuation_is_refused()
    {
        foreach (var id in new[] { "a", "b", "c" })
            await _api.SendAsync("PUT", $"/api/fleet/devices/{id}", "{}");
        var first = (await _api.SendAsync("GET", "/api/fleet/devices?top=2&code=key")).Body!.Value;
        var next = first.GetProperty("continuation").GetString();
        Assert.Equal("c", (await _api.SendAsync("GET", $"/api/fleet/devices?continuation={next}")).Body?.GetProperty("devices")[0].GetProperty("deviceId").GetString());
        Assert.Equal(400, (await _api.SendAsync("GET", $"/api/fleet/devices?continuation={IoTBackend.Functions.Http.Continuation.Write("alerts", "b")}")).Status);
    }

    [Theory]
    [InlineData("sort=-battery&total=true", "b a c")]
    [InlineData("sort=battery&total=true", "a b c")]
    [InlineData("sort=-id&total=true", "c b a")]
    [InlineData("sort=battery&skip=1&top=1", "b")]
    [InlineData("filter=id:a&total=true", "a")]
    public async Task The_fleet_is_sorted_as_asked_and_what_has_no_value_comes_last(string query, string ids)
    {
        foreach (var (id, percent) in new[] { ("a", 20d), ("b", 80d), ("c", double.NaN) })
        {
            await _api.SendAsync("PUT", $"/api/fleet/devices/{id}", "{}");
            if (percent > 0)
                _fleet.Conditions[id] = new() { Status = DeviceStatus.Online, Battery = new("normal", percent, null) };
        }

        var answer = (await _api.SendAsync("GET", $"/api/fleet/devices?{query}")).Body!.Value;
        Assert.Equal(ids, string.Join(' ', answer.GetProperty("devices").EnumerateArray().Select(d => d.GetProperty("deviceId").GetString())));
        Assert.Equal(query.Contains("id:a", StringComparison.Ordinal) ? 1 : 3, answer.GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("sort=colour")]
    [InlineData("sort=--id")]
    [InlineData("skip=-1")]
    public async Task An_order_nobody_knows_is_refused(string query) => Assert.Equal(400, (await _api.SendAsync("GET", $"/api/fleet/devices?{query}")).Status);

    public void Dispose()
    {
        _view.Dispose();
        _list.Dispose();
    }
}
