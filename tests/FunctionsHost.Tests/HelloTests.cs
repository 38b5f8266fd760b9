using System.Text;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Queues;
using FunctionsHost.Tests.ScaleOut;
using Local.Tests;

namespace FunctionsHost.Tests;

/// <summary>An app of all four triggers, built with Microsoft's packages and nothing of ours, is run as it is.</summary>
public sealed class HelloTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private readonly string name = $"q{Guid.NewGuid():n}"[..20];

    [Fact]
    public async Task A_message_comes_as_what_the_parameter_is()
    {
        await SeenTableAsync();
        foreach (var kind in (string[])["texts", "bytes", "objects", "messages"])
            await SendAsync(kind, """{"text":"x"}""");
        await using var host = await StartAsync(["Texts", "Bytes", "Objects", "Messages"]);
        await UntilSeenAsync("Texts", """{"text":"x"}""");
        await UntilSeenAsync("Bytes", """{"text":"x"}""");
        await UntilSeenAsync("Objects", "x");
        await UntilSeenAsync("Messages", """{"text":"x"} 1""");
    }

    [Fact]
    public async Task What_is_not_what_the_parameter_asks_for_ends_in_the_poison_queue()
    {
        await SeenTableAsync();
        await SendAsync("objects", "not json");
        await using var host = await StartAsync(["Objects"], "AzureFunctionsJobHost__extensions__queues__maxDequeueCount=2");
        await Wait.UntilAsync(async () => await new QueueClient(storage.ConnectionString, $"{name}-objects-poison").ExistsAsync());
    }

    [Fact]
    public async Task A_timer_ticks_and_one_that_wants_to_runs_at_the_start()
    {
        await SeenTableAsync();
        await using var host = await StartAsync(["EverySecond", "Hourly"]);
        await UntilSeenAsync("EverySecond", "False True");
        // Its schedule is monitored, but there was nothing to remember yet.
        await UntilSeenAsync("Hourly", "False True");
    }

    [Fact]
    public async Task Events_of_a_hub_reach_the_function_and_again_after_it_failed()
    {
        using var hub = await EmulatorProcess.StartAsync(partitions: 2);
        await using var producer = new EventHubProducerClient(hub.ConnectionString, "telemetry");
        await producer.SendAsync([new EventData("first")]);
        await using var host = await StartAsync(["Record"], $"EventHub={hub.ConnectionString}", "EventHub__Name=telemetry");
        var effects = new TableClient(storage.ConnectionString, "effects");
        await effects.CreateIfNotExistsAsync();
        // Without the table "last" the function fails, and is called again and again, and told so.
        await Wait.UntilAsync(async () => await effects.QueryAsync<TableEntity>().AnyAsync(row => row.GetInt32("Attempt") > 1));
        Assert.Equal("first", (await effects.QueryAsync<TableEntity>().SingleAsync()).GetString("Id"));
        await new TableClient(storage.ConnectionString, "last").CreateIfNotExistsAsync();
        await Wait.UntilAsync(async () => await new TableClient(storage.ConnectionString, "last").QueryAsync<TableEntity>().AnyAsync());
    }

    private Task<TestHost> StartAsync(string[] background, params string[] settings) =>
        TestHost.StartAsync(background, [$"AzureWebJobsStorage={storage.ConnectionString}", $"Queue__Name={name}", "Sweep__Schedule=* * * * * *", .. settings]);

    private async Task SendAsync(string kind, string text)
    {
        var queue = new QueueClient(storage.ConnectionString, $"{name}-{kind}");
        await queue.CreateIfNotExistsAsync();
        await queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
    }

    private async Task SeenTableAsync() => await new TableClient(storage.ConnectionString, "seen").CreateIfNotExistsAsync();

    private Task UntilSeenAsync(string function, string value) => Wait.UntilAsync(async () =>
        await new TableClient(storage.ConnectionString, "seen").QueryAsync<TableEntity>(row => row.PartitionKey == function)
            .AnyAsync(row => row.GetString("Value") == value), what: $"{function} {value}");
}
