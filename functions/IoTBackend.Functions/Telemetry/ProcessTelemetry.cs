using Azure.Messaging.EventHubs;
using IoTBackend.Adapters.Ingest;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Telemetry;

internal sealed class ProcessTelemetry(Core.Ingest.ProcessTelemetry telemetry)
{
    // The host checkpoints after a failed batch too; so an unavailable store must be waited for here, for as long as it takes.
    [Function(nameof(ProcessTelemetry))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:00:15")]
    public Task RunAsync(
        [EventHubTrigger(EventHubOptions.Hub, Connection = EventHubOptions.Section, ConsumerGroup = EventHubOptions.ProcessorGroup)] EventData[] events,
        FunctionContext context,
        CancellationToken cancellationToken) =>
        telemetry.RunAsync(HubEvents.PartitionOf(context), HubEvents.From(events), cancellationToken);
}
