using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Ingest;

public sealed class PartitionAppenderTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_process_that_stops_gives_a_hub_that_does_not_answer_some_time_and_tells_the_senders()
    {
        var hub = new SilentHub();
        var appender = new PartitionAppender(hub, "0", _time);
        var first = appender.AppendAsync(new("{}"));
        await hub.Asked.Task;
        var second = appender.AppendAsync(new("{}"));
        var stopping = appender.DisposeAsync().AsTask();
        _time.Advance(PartitionAppender.MaxDrain - TimeSpan.FromSeconds(1));
        Assert.False(stopping.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await stopping;
        await Assert.ThrowsAsync<UnavailableException>(() => first);
        await Assert.ThrowsAsync<UnavailableException>(() => second);
    }

    private sealed class SilentHub() : EventHubProducerClient("Endpoint=sb://127.0.0.1/;SharedAccessKeyName=a;SharedAccessKey=b", "telemetry")
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<EventDataBatch> CreateBatchAsync(CreateBatchOptions options, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(EventHubsModelFactory.EventDataBatch(1000, [], options));
        }

        public override async Task SendAsync(EventDataBatch eventBatch, CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
