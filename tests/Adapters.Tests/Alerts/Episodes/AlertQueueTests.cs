using System.Text.Json;
using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Alerts.Episodes;

public sealed class AlertQueueTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private readonly QueueServiceClient _queues = new(storage.ConnectionString, new() { MessageEncoding = QueueMessageEncoding.Base64 });

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
    public async Task A_call_for_later_is_not_seen_before_its_time()
    {
        await new CreateQueues(_queues).StartAsync(Cancellation);
        var queue = _queues.GetQueueClient(QueueNames.AlertDeliveries);
        await new StorageLaneCalls(_queues).EnqueueAsync(new("c"), TimeSpan.FromDays(30), Cancellation);
        Assert.Null((await queue.ReceiveMessageAsync(cancellationToken: Cancellation)).Value);
        await new StorageLaneCalls(_queues).EnqueueAsync(new("c", Urgent: true), TimeSpan.Zero, Cancellation);
        Assert.Equal(new LaneCall("c", Urgent: true), AlertMessage.Read<LaneCall>((await queue.ReceiveMessageAsync(cancellationToken: Cancellation)).Value.Body));
    }

    [Fact]
    public void A_delivery_that_version_0_1_left_in_the_queue_is_owed_to_its_channel_under_its_id()
    {
        const string Left = """{"id":"msg_1","channel":"c","notice":{"type":"opened","alert":{"id":"d~group.outage~0","kind":"group.outage","severity":"critical","worstSeverity":"critical","groups":[],"summary":"Silent.","evidence":{},"raisedAt":"1970-01-01T00:00:00+00:00","saidAt":"1970-01-01T00:00:00+00:00","saidBy":"opened","state":"open"},"at":"1970-01-01T00:00:00+00:00","state":"open"},"since":"2026-11-01T00:00:00+00:00","attempts":2}""";
        var (channel, notice) = OldDelivery.FromMessage(BinaryData.FromString(Left))!.Value;
        Assert.Equal(("c", NoticeType.Opened, "d~group.outage~0"), (channel, notice.Type, notice.Alert.Id));
        Assert.Null(OldDelivery.FromMessage(BinaryData.FromString("""{"channel":"c","urgent":false}""")));
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

    [Fact]
    public void A_notice_of_the_end_fits_however_much_was_said_of_the_raise()
    {
        var raised = Step(new Dictionary<string, object> { ["members"] = Enumerable.Range(0, 2000).Select(i => $"device-{i}").ToList() });
        var over = AlertLife.Apply(AlertLife.Apply(null, raised), Step([]) with { Change = AlertChange.Cleared, At = DateTimeOffset.UnixEpoch.AddHours(1) });
        var notice = AlertMessage.Fit(new() { Type = NoticeType.Cleared, Alert = over, At = over.SaidAt, Since = over.SaidAt });
        Assert.NotNull(over.Raise);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(notice, WireJson.Options).Length, 1, AlertMessage.MaxBytes);
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
