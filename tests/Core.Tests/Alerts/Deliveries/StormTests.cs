using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Deliveries;

public sealed class StormTests
{
    private readonly AlertWorld _world = new();

    public StormTests() => _world.Add("c");

    [Fact]
    public async Task Ten_thousand_alerts_in_a_minute_are_ten_messages_at_most_and_none_is_left_out()
    {
        await StormAsync(10_000, i => i % 100 == 0 ? Severity.Critical : i % 2 == 0 ? Severity.Warning : Severity.Information);
        await _world.PassAsync(TimeSpan.FromMinutes(3));
        Assert.InRange(_world.Sent.Count, 2, 10);
        Assert.Equal(10_000, _world.Told("c").Select(t => t.Device).Distinct().Count());
        Assert.Equal(0, _world.Lanes.Waiting);
    }

    [Fact]
    public async Task A_critical_alert_is_not_behind_a_pile_of_informations()
    {
        await StormAsync(2_000, _ => Severity.Information);
        var before = _world.Sent.Count;
        _world.Raise(_world.Step("worst", severity: Severity.Critical));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(["Opened worst"], _world.Lines("c").Skip(before));
    }

    [Fact]
    public async Task However_much_waits_a_message_tells_so_many_and_a_critical_alert_does_not_wait_for_the_rest()
    {
        _world.Answer = (_, _) => new(Delivered: false, "Status 503.");
        await StormAsync(12_000, _ => Severity.Information);
        _world.Raise(_world.Step("worst", severity: Severity.Critical, raisedAt: AlertWorld.Start.AddMinutes(2)));
        _world.Answer = (_, _) => new(Delivered: true, "Status 204.");
        await _world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.InRange(_world.Lines("c").ToList().IndexOf("Opened worst"), 0, 2);
        Assert.All(_world.Sent, s => Assert.InRange(s.Message.Notices.Count, 1, TellChannel.MostTogether));
        Assert.Equal(12_001, _world.Told("c").Select(t => t.Device).Distinct().Count());
        Assert.Equal(0, _world.Lanes.Waiting);
    }

    [Fact]
    public async Task A_message_of_many_names_every_kind_and_cause_and_the_worst_by_name()
    {
        await StormAsync(500, i => i == 77 ? Severity.Critical : Severity.Warning, i => i % 50 == 3 ? AlertKind.BatteryLow : AlertKind.DeviceOffline);
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        var text = string.Join('\n', _world.Sent.Where(s => s.Message.Alone is null).SelectMany(s => Words.Lines(s.Message)));
        Assert.Contains("battery low 1", text);
        Assert.Contains("power", text);
        Assert.Contains("site-a", text);
        Assert.True(text.Contains("d77", StringComparison.Ordinal) || _world.Lines("c").Contains("Opened d77"));
    }

    [Fact]
    public async Task What_was_told_together_has_a_history_of_its_own()
    {
        await StormAsync(500, _ => Severity.Warning);
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        var told = (await _world.Read.RunAsync(_world.Step("d400").AlertId, default))!.History.Single(h => h.What == "told");
        Assert.Equal(("c", NoticeType.Opened, true), (told.Channel, told.Told, told.Together > 10));
    }

    [Fact]
    public async Task After_a_storm_an_alert_leaves_alone_and_at_once_again()
    {
        await StormAsync(500, _ => Severity.Warning);
        await _world.PassAsync(TimeSpan.FromMinutes(10));
        _world.Raise(_world.Step("later"));
        await _world.PassAsync(TimeSpan.Zero);
        Assert.Equal("Opened later", _world.Lines("c")[^1]);
    }

    [Fact]
    public async Task Where_alerts_become_incidents_the_one_that_stands_for_many_ends_with_the_last_of_them()
    {
        _world.Channels.Remove("c");
        _world.Add("pager", kind: new PagerDutyChannel { Secret = new('k', 32) });
        await StormAsync(600, _ => Severity.Warning);
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 600; i++)
            _world.Raise(_world.Step($"d{i}", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(10));
        var alone = _world.Told("pager").Where(t => t is { Type: NoticeType.Opened, Together: 1 }).Select(t => t.Device).ToHashSet();
        Assert.Equal(alone.Order(), _world.Told("pager").Where(t => t is { Type: NoticeType.Cleared, Together: 1 } && alone.Contains(t.Device)).Select(t => t.Device).Order());
        Assert.Single(_world.Sent, s => s.Message.Id == "end of many");
    }

    private async Task StormAsync(int alerts, Func<int, Severity> severity, Func<int, AlertKind>? kind = null)
    {
        var second = Math.Max(1, alerts / 60);
        for (var i = 0; i < alerts; i++)
        {
            _world.Raise(_world.Step($"d{i}", severity: severity(i), kind: kind?.Invoke(i) ?? AlertKind.DeviceOffline));
            if (i % second == second - 1)
                await _world.PassAsync(TimeSpan.FromSeconds(1));
        }
    }
}
