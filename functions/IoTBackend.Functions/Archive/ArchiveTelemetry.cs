using Azure.Messaging.EventHubs;
using IoTBackend.Adapters.Archive;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Archive;

internal sealed class ArchiveTelemetry(TelemetryArchive archive)
{
    [Function(nameof(ArchiveTelemetry))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:00:15")]
    public Task RunAsync(
        [EventHubTrigger(EventHubOptions.Hub, Connection = EventHubOptions.Section, ConsumerGroup = ArchiveOptions.ConsumerGroup)] EventData[] events,
        FunctionContext context,
        CancellationToken cancellationToken) =>
        archive.AppendAsync(HubEvents.PartitionOf(context), HubEvents.From(events), cancellationToken);
}
