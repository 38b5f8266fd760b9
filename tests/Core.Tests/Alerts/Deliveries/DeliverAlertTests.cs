using Core.Tests.Alerts.Routing;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;
using static Core.Tests.Alerts.Episodes.AlertLifeTests;

namespace Core.Tests.Alerts.Deliveries;

public sealed class DeliverAlertTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _time = new();
    private readonly FakeChannels _channels = new();
    private readonly FakeDeliveries _queue = new();
    private readonly Sender _sender = new();
    private readonly DeliverAlert _deliver;

    public DeliverAlertTests()
    {
        _channels.Add("c");
        _channels.Add("other");
        _deliver = new(_channels, _sender, _queue, _queue, new(_time), new(new DispatchAlertTests.Meters()), _time);
    }

    [Fact]
    public async Task A_channel_that_never_answers_is_tried_for_a_day_with_growing_pauses_and_then_dead_lettered()
    {
        _sender.Outcome = new(Delivered: false, "Status 500.");
        var delivery = DeliveryTo("c");
        var attempts = new List<TimeSpan>();
        while (_queue.Dead.Count == 0)
        {
            var before = _sender.Sent;
            await _deliver.RunAsync(delivery, None);
            if (_sender.Sent > before)
                attempts.Add(_time.GetUtcNow() - delivery.Since);
            if (_queue.All.Count > 0)
                (delivery, _queue.All[0]) = (_queue.All[^1], delivery);
            _time.Advance(_queue.Dead.Count > 0 ? TimeSpan.Zero : _queue.Pauses[^1]);
        }

        Assert.InRange(attempts.Count, 10, 20);
        Assert.InRange(attempts[^1], TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.1));
        Assert.Equal((attempts.Count, "Status 500."), (_queue.Dead[0].Delivery.Attempts, _queue.Dead[0].Reason));
        Assert.All(_queue.All, d => Assert.Equal(delivery.Id, d.Id));
    }

    [Fact]
    public async Task What_can_never_be_delivered_is_dead_lettered_at_once()
    {
        _sender.Outcome = new(Delivered: false, "Gone.", IsFinal: true);
        await _deliver.RunAsync(DeliveryTo("c"), None);
        Assert.Single(_queue.Dead);
        Assert.Empty(_queue.All);
    }

    [Fact]
    public async Task A_failing_channel_rests_and_does_not_hold_up_another()
    {
        _sender.Outcome = new(Delivered: false, "Status 500.");
        await _deliver.RunAsync(DeliveryTo("c"), None);
        await _deliver.RunAsync(DeliveryTo("c"), None);
        Assert.Equal(1, _sender.Sent);
        Assert.Equal([1, 0], _queue.All.Select(d => d.Attempts));
        await _deliver.RunAsync(DeliveryTo("other"), None);
        Assert.Equal(2, _sender.Sent);
    }

    [Fact]
    public async Task At_most_four_deliveries_to_one_channel_run_at_once()
    {
        var answer = new TaskCompletionSource();
        _sender.Until = answer.Task;
        var running = Enumerable.Range(0, 10).Select(_ => _deliver.RunAsync(DeliveryTo("c"), None)).ToList();
        _time.Advance(ChannelTraffic.MaxWait);
        await Task.WhenAll(running[4..]);
        Assert.Equal((4, 6), (_sender.Sent, _queue.All.Count));
        answer.SetResult();
        await Task.WhenAll(running);
        await _deliver.RunAsync(DeliveryTo("c"), None);
        Assert.Equal(5, _sender.Sent);
    }

    [Fact]
    public async Task A_burst_to_a_channel_that_answers_is_delivered_without_going_back_into_the_queue()
    {
        var answer = new TaskCompletionSource();
        _sender.Until = answer.Task;
        var running = Enumerable.Range(0, 20).Select(_ => _deliver.RunAsync(DeliveryTo("c"), None)).ToList();
        Assert.Equal(4, _sender.Sent);
        answer.SetResult();
        await Task.WhenAll(running);
        Assert.Equal((20, 0), (_sender.Sent, _queue.All.Count));
    }

    [Fact]
    public async Task Who_waits_for_a_channel_that_then_fails_goes_back_into_the_queue_at_once()
    {
        var answer = new TaskCompletionSource();
        (_sender.Until, _sender.Outcome) = (answer.Task, new(Delivered: false, "Status 500."));
        var running = Enumerable.Range(0, 6).Select(_ => _deliver.RunAsync(DeliveryTo("c"), None)).ToList();
        answer.SetResult();
        await Task.WhenAll(running);
        Assert.Equal((4, 6), (_sender.Sent, _queue.All.Count));
    }

    [Fact]
    public async Task A_delivery_to_a_removed_channel_is_dropped()
    {
        await _deliver.RunAsync(DeliveryTo("gone"), None);
        Assert.Equal((0, 0, 0), (_sender.Sent, _queue.All.Count, _queue.Dead.Count));
    }

    [Theory]
    [InlineData(1, 0, 4.5, 5.5)]
    [InlineData(3, 0, 54, 66)]
    [InlineData(99, 0, 4 * 3240, 4 * 3960)]
    [InlineData(99, 23.9, 359, 361)]
    public void Pauses_grow_and_the_last_attempt_is_at_the_end_of_the_day(int attempts, double ageHours, double from, double to)
    {
        foreach (var random in new[] { 0, 0.5, 0.999 })
            Assert.InRange(DeliverySchedule.PauseAfter(attempts, TimeSpan.FromHours(ageHours), null, random)!.Value.TotalSeconds, from, to);
    }

    [Fact]
    public void A_receiver_may_ask_for_a_longer_pause_and_not_for_more_than_the_day()
    {
        Assert.Equal(TimeSpan.FromMinutes(10), DeliverySchedule.PauseAfter(1, TimeSpan.Zero, TimeSpan.FromMinutes(10), 0.5));
        Assert.Equal(TimeSpan.FromHours(24), DeliverySchedule.PauseAfter(1, TimeSpan.Zero, TimeSpan.FromDays(9), 0.5));
        Assert.Null(DeliverySchedule.PauseAfter(1, TimeSpan.FromHours(24), null, 0.5));
    }

    private Delivery DeliveryTo(string channel)
    {
        var step = Step(AlertChange.Opened, 0);
        return new("msg_1", channel, new(NoticeType.Opened, AlertLife.Apply(null, step), step.At, AlertState.Open, null), _time.GetUtcNow());
    }

    private sealed class Sender : IChannelSender
    {
        public int Sent { get; private set; }

        public DeliveryOutcome Outcome { get; set; } = new(Delivered: true, "Status 204.");

        public Task Until { get; set; } = Task.CompletedTask;

        public async Task<DeliveryOutcome> SendAsync(Channel channel, Delivery delivery, CancellationToken cancellationToken)
        {
            Sent++;
            await Until;
            return Outcome;
        }
    }
}
