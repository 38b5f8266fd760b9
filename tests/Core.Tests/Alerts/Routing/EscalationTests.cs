using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Routing;

public sealed class EscalationTests
{
    private readonly AlertWorld _world = new();

    public EscalationTests()
    {
        foreach (var name in new[] { "ops", "lead", "boss" })
            _world.Add(name);
        _world.Escalations.Put(new() { Name = "night", Steps = [new(TimeSpan.FromMinutes(10), ["lead"]), new(TimeSpan.FromMinutes(20), ["boss", "ops"])], Repeat = 1 });
        _world.Routes.Root = new() { Channels = ["ops"], Escalation = "night" };
    }

    [Fact]
    public async Task What_nobody_acknowledges_climbs_the_chain_with_its_repeats_and_then_stops()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(9));
        Assert.Empty(_world.Lines("lead"));
        await _world.PassAsync(TimeSpan.FromHours(5));
        Assert.Equal(["Escalated d1", "Escalated d1"], _world.Lines("lead"));
        Assert.Equal(["Escalated d1", "Escalated d1"], _world.Lines("boss"));
        Assert.Equal("Nobody acknowledged it 10 min after it was raised.", _world.Sent.First(s => s.Channel == "lead").Message.Alone!.Note);
        Assert.Equal(2, _world.Told("lead").Select(t => t.Id).Distinct().Count());
    }

    [Fact]
    public async Task An_acknowledgement_that_was_cut_off_is_finished_by_the_next()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        var before = _world.Sent.Count;
        // Dies when the record says it, and no channel has heard.
        var writes = 0;
        _world.Kill = () => ++writes == 2;
        await Assert.ThrowsAsync<KilledException>(() => _world.Acknowledge.RunAsync(_world.Step("d1").AlertId, "me", default));
        _world.Kill = () => false;
        _world.Boot();
        Assert.NotNull(_world.Alerts.All.Single().AcknowledgedAt);
        await _world.Acknowledge.RunAsync(_world.Step("d1").AlertId, "me", default);
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.All(_world.Sent.Skip(before), sent => Assert.Equal(NoticeType.Acknowledged, sent.Message.Alone!.Type));
        Assert.True(_world.Sent.Count > before);
    }

    [Fact]
    public async Task An_acknowledgement_stops_it_and_who_was_drawn_in_hears_of_the_end()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromMinutes(11));
        await _world.Acknowledge.RunAsync(_world.Step("d1").AlertId, "me", default);
        await _world.PassAsync(TimeSpan.FromHours(5));
        _world.Raise(_world.Step("d1", AlertChange.Cleared));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["Escalated d1", "Acknowledged d1", "Cleared d1"], _world.Lines("lead"));
        Assert.Empty(_world.Lines("boss"));
    }

    [Fact]
    public async Task After_a_standstill_the_steps_that_were_missed_do_not_come_all_at_once()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.FromSeconds(1));
        _world.Time.Advance(TimeSpan.FromHours(8));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 0), (_world.Lines("lead").Count, _world.Lines("boss").Count));
    }

    [Fact]
    public async Task Failed_authentications_that_stopped_are_cleared_by_time()
    {
        _world.Raise(_world.Step("d1", kind: AlertKind.SecurityAuthFailures));
        await _world.PassAsync(AuthenticationFailures.Quiet - TimeSpan.FromSeconds(20));
        _world.Raise(_world.Step("d1", AlertChange.Revised, kind: AlertKind.SecurityAuthFailures));
        await _world.PassAsync(AuthenticationFailures.Quiet - TimeSpan.FromSeconds(20));
        Assert.Null(_world.Alerts.All.Single().ClearedAt);
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.NotNull(_world.Alerts.All.Single().ClearedAt);
    }

    [Fact]
    public async Task Acknowledging_twice_keeps_the_first_time_and_name()
    {
        _world.Raise(_world.Step("d1"));
        await _world.PassAsync(TimeSpan.Zero);
        var first = await _world.Acknowledge.RunAsync(_world.Step("d1").AlertId, "me", default);
        _world.Time.Advance(TimeSpan.FromHours(1));
        var second = await _world.Acknowledge.RunAsync(first!.Id, "you", default);
        Assert.Equal((first.AcknowledgedAt, "me"), (second!.AcknowledgedAt, second.AcknowledgedBy));
        Assert.Null(await _world.Acknowledge.RunAsync("nobody~device.offline~1", null, default));
    }
}
