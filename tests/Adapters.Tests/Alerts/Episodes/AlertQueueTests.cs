using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Alerts.Episodes;

public sealed class AlertQueueTests(Azurite azurite) : IClassFixture<Azurite>
{
    private readonly QueueServiceClient _queues = new(azurite.ConnectionString, new() { MessageEncoding = QueueMessageEncoding.Base64 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_goes_through_the_queue_and_comes_out_the_same()
    {
        await new CreateQueues(_queues).StartAsync(Cancellation);
        var step = Step(new Dictionary<string, object> { ["ü"] = 1.5 });
        await new StorageAlertQueue(_queues).EnqueueAsync(step, Cancellation);
        var message = (await _queues.GetQueueClient(QueueNames.Alerts).ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        var read = AlertMessage.Read<AlertTransition>(message.Body);
        Assert.Equal((step.AlertId, step.Kind, step.At, "1.5"), (read.AlertId, read.Kind, read.At, read.Evidence["ü"].ToString()));
    }

    [Fact]
    public async Task A_paused_delivery_is_not_seen_before_its_time()
    {
        await new CreateQueues(_queues).StartAsync(Cancellation);
        var step = Step(new Dictionary<string, object>());
        var delivery = new Delivery("msg_1", "c", new(NoticeType.Opened, AlertLife.Apply(null, step), step.At, AlertState.Open, null), step.At, Attempts: 2);
        var queue = _queues.GetQueueClient(QueueNames.AlertDeliveries);
        await new StorageDeliveryQueue(_queues).EnqueueAsync(delivery, TimeSpan.FromHours(4), Cancellation);
        Assert.Null((await queue.ReceiveMessageAsync(cancellationToken: Cancellation)).Value);
        await new StorageDeliveryQueue(_queues).EnqueueAsync(delivery, TimeSpan.Zero, Cancellation);
        var read = AlertMessage.Read<Delivery>((await queue.ReceiveMessageAsync(cancellationToken: Cancellation)).Value.Body);
        Assert.Equal(("msg_1", "c", 2, NoticeType.Opened), (read.Id, read.Channel, read.Attempts, read.Notice.Type));
    }

    [Fact]
    public void Evidence_that_does_not_fit_is_left_out_the_largest_first()
    {
        var members = Enumerable.Range(0, 5000).Select(i => $"device-{i}").ToList();
        var message = AlertMessage.Of(Step(new Dictionary<string, object> { ["members"] = members, ["count"] = 5000 }));
        var read = AlertMessage.Read<AlertTransition>(new(message));
        Assert.InRange(message.Length, 1, AlertMessage.MaxBytes);
        Assert.Equal(["count", "truncated"], read.Evidence.Keys.Order());
    }

    private static AlertTransition Step(Dictionary<string, object> evidence) => new()
    {
        AlertId = AlertTransition.IdOf("d", AlertKind.GroupOutage, DateTimeOffset.UnixEpoch),
        Change = AlertChange.Opened,
        Kind = AlertKind.GroupOutage,
        Severity = Severity.Critical,
        Group = "d",
        Summary = "They are silent.",
        RaisedAt = DateTimeOffset.UnixEpoch,
        At = DateTimeOffset.UnixEpoch,
        Evidence = evidence,
    };
}
