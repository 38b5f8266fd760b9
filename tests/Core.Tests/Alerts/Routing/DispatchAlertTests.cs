using System.Diagnostics.Metrics;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;
using static Core.Tests.Alerts.Episodes.AlertLifeTests;

namespace Core.Tests.Alerts.Routing;

public sealed class DispatchAlertTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _time = new(new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeAlerts _alerts = new();
    private readonly FakeChannels _channels = new();
    private readonly FakeSilences _silences = new();
    private readonly FakeDeliveries _deliveries = new();
    private readonly DispatchAlert _dispatch;

    public DispatchAlertTests() => _dispatch = new(_alerts, _channels, _silences, _deliveries, new(new Meters()), _time);

    [Fact]
    public async Task A_step_goes_to_every_channel_that_wants_it_and_to_no_other()
    {
        _channels.Add("all");
        _channels.Add("critical", c => c with { MinSeverity = Severity.Critical });
        _channels.Add("batteries", c => c with { Kinds = [AlertKind.BatteryLow] });
        _channels.Add("site-a", c => c with { Groups = ["site-a", "site-b"] });
        _channels.Add("site-b", c => c with { Groups = ["site-b"] });
        await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        Assert.Equal(["all", "site-a"], _deliveries.All.Select(d => d.Channel));
    }

    [Fact]
    public async Task Others_who_are_always_faster_are_a_conflict_and_no_service_that_is_down()
    {
        _alerts.OthersAreFaster = true;
        await Assert.ThrowsAsync<ConflictException>(() => _dispatch.RunAsync(Step(AlertChange.Opened, 0), None));
    }

    [Fact]
    public async Task A_step_that_is_dispatched_again_after_a_crash_has_the_same_delivery_id()
    {
        _channels.Add("c");
        _alerts.FailNextSave = true;
        await Assert.ThrowsAsync<UnavailableException>(() => _dispatch.RunAsync(Step(AlertChange.Opened, 0), None));
        await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        Assert.Equal(2, _deliveries.All.Count);
        Assert.Single(_deliveries.All.Select(d => d.Id).Distinct());
        Assert.DoesNotContain('.', _deliveries.All[0].Id);
    }

    [Fact]
    public async Task Steps_and_channels_have_ids_of_their_own()
    {
        _channels.Add("a");
        _channels.Add("b");
        foreach (var change in new[] { AlertChange.Opened, AlertChange.Acknowledged, AlertChange.Cleared })
            await _dispatch.RunAsync(Step(change, (int)change), None);
        Assert.Equal(6, _deliveries.All.Select(d => d.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_silenced_alert_is_recorded_and_neither_its_beginning_nor_its_end_is_told()
    {
        _channels.Add("c");
        _silences.Add(new() { Name = "s", Matchers = new() { DeviceIds = ["d1"] }, Until = _time.GetUtcNow().AddHours(1) });
        var alert = await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        await _dispatch.RunAsync(Step(AlertChange.Cleared, 1), None);
        Assert.Equal("s", alert.SilencedBy);
        Assert.Empty(_deliveries.All);
    }

    [Fact]
    public async Task What_is_still_open_when_its_silence_ends_is_told_once()
    {
        _channels.Add("c");
        _silences.Add(new() { Name = "s", Matchers = new() { Groups = ["site-a"] }, Until = _time.GetUtcNow().AddHours(1) });
        await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        var upkeep = new AlertUpkeep(_alerts, _silences, _dispatch, _deliveries, _time);
        await upkeep.RunAsync(None);
        Assert.Empty(_deliveries.All);
        _time.Advance(TimeSpan.FromHours(1));
        await upkeep.RunAsync(None);
        await upkeep.RunAsync(None);
        await _dispatch.RunAsync(Step(AlertChange.Cleared, 9), None);
        Assert.Equal([NoticeType.Opened, NoticeType.Cleared], _deliveries.All.Select(d => d.Notice.Type));
    }

    [Fact]
    public async Task Failed_authentications_that_stopped_are_cleared_by_time()
    {
        var step = Step(AlertChange.Opened, 0) with { Kind = AlertKind.SecurityAuthFailures, At = _time.GetUtcNow() };
        await _dispatch.RunAsync(step, None);
        var upkeep = new AlertUpkeep(_alerts, _silences, _dispatch, _deliveries, _time);
        await upkeep.RunAsync(None);
        Assert.Empty(_deliveries.Steps);
        _time.Advance(TimeSpan.FromMinutes(16));
        await upkeep.RunAsync(None);
        Assert.Equal((step.AlertId, AlertChange.Cleared), (_deliveries.Steps.Single().AlertId, _deliveries.Steps[0].Change));
    }

    [Fact]
    public async Task Acknowledging_twice_keeps_the_first_time()
    {
        await _dispatch.RunAsync(Step(AlertChange.Opened, 0), None);
        var acknowledge = new AcknowledgeAlert(_alerts, _dispatch, _time);
        var first = await acknowledge.RunAsync(Step(AlertChange.Opened, 0).AlertId, None);
        _time.Advance(TimeSpan.FromHours(1));
        var second = await acknowledge.RunAsync(first!.Id, None);
        Assert.Equal((AlertState.Acknowledged, first.AcknowledgedAt), (second!.State, second.AcknowledgedAt));
        Assert.Null(await acknowledge.RunAsync("nobody~device.offline~1", None));
    }

    internal sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
