using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Routing;

public sealed class MuteTests
{
    private readonly AlertWorld _world = new();

    public MuteTests() => _world.Add("c");

    [Fact]
    public async Task A_muted_alert_is_recorded_and_neither_its_beginning_nor_its_end_is_told()
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { DeviceIds = ["d1"] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Raise(_world.Step("d1"));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromHours(2));
        Assert.Equal("m", _world.Alerts.All.Single().MutedBy);
        Assert.Empty(_world.Sent);
    }

    [Fact]
    public async Task What_still_stands_when_its_mute_ends_is_told_once_and_says_so()
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { Groups = ["site-a"] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(59));
        Assert.Empty(_world.Sent);
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(["Opened d1", "Cleared d1"], _world.Lines("c"));
        Assert.Equal("The mute 'm' has ended, and this still stands.", _world.Sent[0].Message.Alone!.Note);
    }

    [Fact]
    public async Task A_mute_that_is_removed_ends_at_once()
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { Groups = ["site-a"] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        await EndAsync("m");
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task An_alert_that_changes_while_its_mute_ends_is_told_all_the_same()
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { Groups = ["site-a"] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(59));
        _world.Alerts.RefuseNext = 1;
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task A_mute_that_ends_between_its_question_and_its_answer_keeps_nothing()
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { Groups = ["site-a"] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Alerts.BeforeSave = () => EndAsync("m");
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task One_end_that_fails_holds_up_no_other_and_is_tried_again()
    {
        foreach (var mute in new[] { "m1", "m2" })
            await MuteAsync(new() { Name = mute, Matchers = new() { DeviceIds = ["d" + mute[1..]] }, Until = AlertWorld.Start.AddHours(1) });
        _world.Raise(_world.Step("d1"));
        _world.Raise(_world.Step("d2"));
        await _world.PassAsync(TimeSpan.FromMinutes(59));
        _world.Alerts.Broken = AlertTransition.IdOf("d1", AlertKind.DeviceOffline, AlertWorld.Start);
        await Assert.ThrowsAsync<InvalidDataException>(() => _world.PassAsync(TimeSpan.FromMinutes(2)));
        await _world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["Opened d2"], _world.Lines("c"));
        _world.Alerts.Broken = null;
        await _world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(["Opened d2", "Opened d1"], _world.Lines("c"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task A_critical_alert_gets_through_unless_the_mute_says_otherwise(bool includeCritical, int told)
    {
        await MuteAsync(new() { Name = "m", Matchers = new() { Groups = ["site-a"] }, Until = AlertWorld.Start.AddHours(1), IncludeCritical = includeCritical });
        _world.Raise(_world.Step("d1", severity: Severity.Critical));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(told, _world.Sent.Count);
    }

    [Fact]
    public async Task What_happened_in_quiet_hours_is_one_message_when_they_end()
    {
        await MuteAsync(new() { Name = "night", Matchers = new() { MaxSeverity = Severity.Warning }, Hours = new() { From = "11:00", To = "14:00" } });
        for (var i = 0; i < 3; i++)
            _world.Raise(_world.Step($"d{i}"));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(119));
        Assert.Empty(_world.Sent);
        await _world.PassAsync(TimeSpan.FromMinutes(2));
        var message = Assert.Single(_world.Sent).Message;
        Assert.Equal((3, "What happened in the quiet hours night."), (message.Notices.Count, message.Note));
        Assert.Contains(message.Notices, n => n.Type == NoticeType.Cleared);
    }

    [Fact]
    public async Task Quiet_hours_that_an_operator_ends_are_over()
    {
        await MuteAsync(new() { Name = "night", Matchers = new() { MaxSeverity = Severity.Warning }, Hours = new() { From = "11:00", To = "23:00" } });
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        await EndAsync("night");
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Theory]
    [InlineData("2026-03-28T23:30:00Z", "2026-03-29T04:00:00Z")]
    [InlineData("2026-10-24T22:30:00Z", "2026-10-25T05:00:00Z")]
    [InlineData("2026-11-02T20:59:59Z", null)]
    [InlineData("2026-11-02T21:00:00Z", "2026-11-03T05:00:00Z")]
    [InlineData("2026-11-03T05:00:00Z", null)]
    public void Hours_over_midnight_end_by_the_clocks_of_the_place_also_when_these_change(string time, string? end)
    {
        var hours = new Hours { From = "22:00", To = "06:00", TimeZone = "Europe/Berlin" };
        Assert.Equal(end is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(end, null), hours.EndAfter(DateTimeOffset.Parse(time, null)));
    }

    [Theory]
    [InlineData("""{"matchers":{},"until":"2027-01-01T00:00:00Z"}""", "matchers must name")]
    [InlineData("""{"matchers":{"groups":["a"]}}""", "until must be")]
    [InlineData("""{"matchers":{"groups":["a"]},"hours":{"from":"25:00","to":"06:00"}}""", "hours.from must be")]
    [InlineData("""{"matchers":{"groups":["a"]},"hours":{"from":"22:00","to":"06:00","timeZone":"Nowhere"}}""", "hours.timeZone must be")]
    [InlineData("""{"matchers":{"groups":["a"]},"hours":{"days":["Monday"],"from":"22:00","to":"06:00"}}""", "hours.days holds 'Monday'")]
    public void What_is_wrong_with_a_mute_is_said(string body, string reason) =>
        Assert.StartsWith(reason, JsonSerializer.Deserialize<MuteRequest>(body, WireJson.Options)!.ToMute("m", AlertWorld.Start).Reason, StringComparison.Ordinal);

    private async Task MuteAsync(Mute mute)
    {
        _world.Mutes.Put(mute);
        await _world.EndMute.PlanAsync(mute, default);
    }

    private async Task EndAsync(string name)
    {
        _world.Mutes.Remove(name);
        await _world.EndMute.RunAsync(name, default);
        await _world.PassAsync(TimeSpan.FromSeconds(15));
    }
}
