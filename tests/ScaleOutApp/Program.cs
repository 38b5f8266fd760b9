using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.Services.AddSingleton(new TableServiceClient(builder.Configuration["AzureWebJobsStorage"]));
builder.Build().Run();

/// <summary>One row per event, keyed by its place in the hub: processed twice, it is still one. And one row per partition: who was there last.</summary>
internal sealed class Record(TableServiceClient tables, IConfiguration settings)
{
    private readonly TableClient effects = tables.GetTableClient("effects");
    private readonly TableClient last = tables.GetTableClient("last");

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
                })),
                cancellationToken);
        await last.UpsertEntityAsync(new TableEntity("last", partition) { ["Host"] = settings["HostName"] }, TableUpdateMode.Replace, cancellationToken);
    }
}
