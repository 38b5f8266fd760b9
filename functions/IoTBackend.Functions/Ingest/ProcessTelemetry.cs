using Azure.Messaging.EventHubs;
using IoTBackend.Adapters.Archive;
using IoTBackend.Adapters.Ingest;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Ingest;

internal sealed class ProcessTelemetry(Core.Ingest.ApplyTelemetry telemetry, TelemetryArchive archive)
{
    /// <summary>
    /// States first: an alert does not wait for the archive, and what is repeated because the archive was away changes no state.
    /// The host checkpoints after a failed batch too; so an unavailable store must be waited for here, for as long as it takes.
    /// </summary>
    [Function(nameof(ProcessTelemetry))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:00:15")]
    public async Task RunAsync(
        [EventHubTrigger(EventHubOptions.Hub, Connection = EventHubOptions.Section, ConsumerGroup = EventHubOptions.ProcessorGroup)] EventData[] events,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        var (partition, batch) = (HubEvents.PartitionOf(context), HubEvents.From(events));
        await telemetry.RunAsync(partition, batch, cancellationToken);
        await archive.AppendAsync(partition, batch, cancellationToken);
    }
}
