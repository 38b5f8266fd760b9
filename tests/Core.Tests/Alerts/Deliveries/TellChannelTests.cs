using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Deliveries;

public sealed class TellChannelTests
{
    private static readonly DeliveryOutcome Down = new(Delivered: false, "Status 500.");

    private readonly AlertWorld _world = new();

    public TellChannelTests() => _world.Add("c");

    [Fact]
    public async Task The_first_alert_of_a_quiet_hour_leaves_at_once()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.Zero);
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task What_happened_while_the_receiver_was_away_is_told_as_it_is_now()
    {
        _world.Answer = (_, _) => Down;
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        _world.Answer = (_, _) => new(Delivered: true, "ok");
        await _world.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(["Cleared d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task An_alert_that_is_over_does_not_begin_again_for_a_process_that_stood_still()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        var stale = new Notice { Type = NoticeType.Opened, Alert = _world.Alerts.All.Single(), At = AlertWorld.Start, Since = AlertWorld.Start };
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        await _world.Lanes.OweAsync("c", stale, default);
        _world.Enqueue(() => _world.Tell.RunAsync(new("c"), default), TimeSpan.Zero, "call");
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["Opened d1", "Cleared d1", "Cleared d1"], _world.Lines("c"));
        Assert.Equal(2, _world.Told("c").Select(t => t.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_channel_that_asks_for_a_pause_is_left_alone_for_so_long_whatever_else_comes()
    {
        var attempts = new List<DateTimeOffset>();
        _world.Answer = (_, _) =>
        {
            attempts.Add(_world.Time.GetUtcNow());
            return new(Delivered: false, "Status 429.", RetryAfter: TimeSpan.FromSeconds(30));
        };
        for (var i = 0; i < 8; i++)
        {
            _world.Raise(_world.Step($"d{i}", severity: Severity.Critical));
            await _world.PassAsync(TimeSpan.FromSeconds(3));
        }

        Assert.Single(attempts);
        await _world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2, attempts.Count);
        Assert.InRange(attempts[1] - attempts[0], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(32));
    }

    [Fact]
    public async Task Of_what_a_receiver_says_as_much_is_kept_as_somebody_reads()
    {
        _world.Answer = (_, _) => new(Delivered: true, $"ok\u001b[2J\r\n{new string('a', 40_000)}");
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        var said = (await _world.Lanes.ReadAsync("c", default)).Lane.LastAnswer!;
        Assert.StartsWith("ok [2J  aaa", said, StringComparison.Ordinal);
        Assert.Equal(300, said.Length);
    }

    [Fact]
    public async Task A_receiver_cannot_ask_for_more_than_an_hour()
    {
        _world.Answer = (_, _) => new(Delivered: false, "Status 429.", RetryAfter: TimeSpan.FromDays(90));
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        _world.Answer = (_, _) => new(Delivered: true, "ok");
        await _world.PassAsync(TimeSpan.FromMinutes(61));
        Assert.Equal(["Opened d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task A_dead_channel_holds_up_no_other_and_is_tried_with_growing_pauses_for_a_day()
    {
        var attempts = new List<TimeSpan>();
        _world.Add("dead");
        _world.Answer = (channel, _) =>
        {
            if (channel == "dead")
                attempts.Add(_world.Time.GetUtcNow() - AlertWorld.Start);
            return channel == "dead" ? Down : new(Delivered: true, "ok");
        };
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.Zero);
        Assert.Equal(["Opened d1"], _world.Lines("c"));
        await _world.PassAsync(TimeSpan.FromHours(25));
        Assert.Equal([0, 2, 6, 14], attempts.Take(4).Select(a => Math.Round(a.TotalSeconds)));
        Assert.InRange(attempts[^1], TimeSpan.FromHours(24), TimeSpan.FromHours(24.2));
        var given = Assert.Single(_world.Undelivered.All);
        Assert.Equal(("dead", "Status 500.", 0), (given.Channel, given.Reason, _world.Lanes.Waiting));
        var history = (await _world.Read.RunAsync(given.Notice.Alert.Id, default))!.History;
        Assert.Equal(["opened", "told", "notDelivered"], history.Select(h => h.What));
    }

    [Fact]
    public async Task What_was_given_up_is_sent_again_as_it_is_now()
    {
        _world.Answer = (_, _) => new(Delivered: false, "Gone.", IsFinal: true);
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        var given = Assert.Single(_world.Undelivered.All);
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        _world.Answer = (_, _) => new(Delivered: true, "ok");
        await _world.Resend.RunAsync(given, default);
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(["Cleared d1"], _world.Lines("c"));
    }

    [Fact]
    public async Task A_message_the_receiver_refuses_does_not_hold_up_the_others()
    {
        _world.Answer = (_, message) => message.Notices[0].Alert.DeviceId == "bad" ? new(Delivered: false, "Status 400.", IsRefusal: true) : new(Delivered: true, "ok");
        _world.Raise(_world.Step("bad"));
        _world.Raise(_world.Step("good"));
        await _world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["Opened good"], _world.Lines("c"));
    }

    [Fact]
    public async Task A_removed_channel_is_told_nothing_and_leaves_nothing()
    {
        _world.Answer = (_, _) => Down;
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        _world.Channels.Remove("c");
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal((0, 0), (_world.Sent.Count, _world.Lanes.Waiting));
    }

    [Fact]
    public async Task A_receiver_that_forgets_is_told_again_of_what_is_open_every_few_minutes()
    {
        _world.Channels.Remove("c");
        _world.Add("am", kind: new AlertmanagerChannel { Url = new("https://example.com/") });
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(["Opened d1", "Opened d1", "Opened d1"], _world.Lines("am"));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal("Cleared d1", _world.Lines("am")[^1]);
    }
}
