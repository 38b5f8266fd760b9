using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace HelloApp;

/// <summary>One row per event, keyed by its place in the hub: processed twice, it is still one. And one row per partition: who was there last.</summary>
internal sealed class Record(IConfiguration settings)
{
    private readonly TableClient effects = new(settings["AzureWebJobsStorage"], "effects");
    private readonly TableClient last = new(settings["AzureWebJobsStorage"], "last");

    [Function("Record")]
    [ExponentialBackoffRetry(-1, "00:00:00.100", "00:00:02")]
    public async Task RunAsync(
        [EventHubTrigger("%EventHub__Name%", Connection = "EventHub", ConsumerGroup = "$Default")] EventData[] events,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        using var metadata = JsonDocument.Parse((string)context.BindingContext.BindingData["PartitionContext"]!);
        var partition = metadata.RootElement.GetProperty("PartitionId").GetString();
        foreach (var rows in events.Chunk(100))
            await effects.SubmitTransactionAsync(
                rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, new TableEntity(
                    partition, row.SequenceNumber.ToString("d19", CultureInfo.InvariantCulture))
                {
                    ["Id"] = row.EventBody.ToString(),
                    ["Attempt"] = context.RetryContext?.RetryCount ?? 0,
                })),
                cancellationToken);
        await last.UpsertEntityAsync(new TableEntity("last", partition) { ["Host"] = settings["HostName"] }, TableUpdateMode.Replace, cancellationToken);
    }
}
