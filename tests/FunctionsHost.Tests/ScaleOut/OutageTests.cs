using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Local.Tests;

namespace FunctionsHost.Tests.ScaleOut;

/// <summary>A host whose hub and whose storage go away and come back.</summary>
public sealed class OutageTests(Azurite azurite) : IClassFixture<Azurite>
{
    private readonly TableServiceClient tables = new(azurite.ConnectionString);

    [Fact]
    public async Task A_host_goes_on_by_itself_after_the_hub_crashed_and_after_storage_was_away()
    {
        await tables.CreateTableAsync("effects");
        await tables.CreateTableAsync("last");
        using var hub = await EmulatorProcess.StartAsync(partitions: 2);
        await using var host = new HostProcess("host", azurite.ConnectionString, hub.ConnectionString);
        await SendAsync(hub, 0);
        await Wait.UntilAsync(async () => await EffectsAsync() == 100);

        await hub.CrashAsync(TimeSpan.FromSeconds(3));
        await SendAsync(hub, 100);
        await Wait.UntilAsync(async () => await EffectsAsync() == 200);

        await azurite.StopAsync();
        await SendAsync(hub, 200);
        await Task.Delay(HostProcess.OwnershipExpiry + TimeSpan.FromSeconds(2));
        await azurite.StartAsync();
        await Wait.UntilAsync(async () => await EffectsAsync() == 300);
        Assert.Equal(0, await host.StopAsync());
    }

    private static async Task SendAsync(EmulatorProcess hub, int from)
    {
        await using var producer = new EventHubProducerClient(hub.ConnectionString, "telemetry");
        await producer.SendAsync(Enumerable.Range(from, 100).Select(number => new EventData($"{number}")));
    }

    private async Task<int> EffectsAsync() => await tables.GetTableClient("effects").QueryAsync<TableEntity>().CountAsync();
}
