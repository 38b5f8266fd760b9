using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Alerts.Routing;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Shared;

public sealed class NamedDocumentsTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_channel_is_kept_with_its_secret_until_it_is_deleted()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        var channels = new TableChannels(_tables, new(new byte[32]));
        var channel = new WebhookChannel { Name = "c", Url = new("https://example.com/x?y=z"), Secret = "whsec_x", PreviousSecret = "whsec_y", Kinds = [AlertKind.BatteryLow] };
        await channels.SaveAsync(channel, Cancellation);
        var found = Assert.IsType<WebhookChannel>(await channels.FindAsync("c", Cancellation));
        Assert.Equal((channel.Url, "whsec_x", "whsec_y", AlertKind.BatteryLow), (found.Url, found.Secret, found.PreviousSecret, found.Kinds[0]));
        Assert.Single(await channels.ListAsync(Cancellation));
        var row = await _tables.GetTableClient(TableNames.Channels).GetEntityAsync<TableEntity>("channel", "c", cancellationToken: Cancellation);
        Assert.DoesNotContain("whsec_", row.Value.GetString("Document"), StringComparison.Ordinal);
        Assert.True(await channels.DeleteAsync("c", Cancellation));
        Assert.False(await channels.DeleteAsync("c", Cancellation));
    }

    [Fact]
    public async Task A_mute_a_chain_and_the_routes_are_kept()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        var mutes = new TableMutes(_tables);
        await mutes.SaveAsync(new() { Name = "m", Matchers = new() { Groups = ["g"], MaxSeverity = Severity.Warning }, Until = DateTimeOffset.UnixEpoch, Reason = "Works", Hours = new() { From = "22:00", To = "06:00" } }, Cancellation);
        var mute = (await mutes.FindAsync("m", Cancellation))!;
        Assert.Equal(("g", Severity.Warning, DateTimeOffset.UnixEpoch, "Works", "22:00"), (mute.Matchers.Groups[0], mute.Matchers.MaxSeverity, mute.Until, mute.Reason, mute.Hours!.From));

        var chains = new TableEscalations(_tables);
        await chains.SaveAsync(new() { Name = "night", Steps = [new(TimeSpan.FromMinutes(10), ["lead"])], Repeat = 2 }, Cancellation);
        Assert.Equal("lead", (await chains.FindAsync("night", Cancellation))![2]!.Channels!.Single());

        var routes = new TableRoutes(_tables);
        await routes.SaveAsync(new() { Channels = ["ops"], Routes = [new() { Match = new() { Severity = [Severity.Critical] }, Channels = ["pager"] }] }, Cancellation);
        Assert.Equal("pager", (await routes.FindAsync(Cancellation))!.Routes.Single().Channels.Single());
    }

    [Fact]
    public async Task What_is_due_is_found_in_its_order_and_not_before()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        var store = new TableDue(_tables);
        Due[] due = [new(DateTimeOffset.UnixEpoch.AddMinutes(2), "d~device.offline~2", 1), new(DateTimeOffset.UnixEpoch.AddMinutes(1), "", 0, "m"), new(DateTimeOffset.UnixEpoch.AddMinutes(3), "d~device.offline~1", 0)];
        foreach (var one in due)
            await store.AddAsync(one, Cancellation);
        await store.AddAsync(due[0], Cancellation);
        Assert.Equal([due[1], due[0]], await store.ListAsync(DateTimeOffset.UnixEpoch.AddMinutes(2), 10, Cancellation));
        // A row that is damaged is put aside, and what follows it is still found.
        var table = _tables.GetTableClient(TableNames.AlertDue);
        await table.UpsertEntityAsync(new TableEntity("due", "000000000000001~broken~0") { ["Document"] = "{" }, cancellationToken: Cancellation);
        Assert.Equal([due[1], due[0]], await store.ListAsync(DateTimeOffset.UnixEpoch.AddMinutes(2), 10, Cancellation));
        Assert.True((await table.GetEntityIfExistsAsync<TableEntity>("damaged", "000000000000001~broken~0", cancellationToken: Cancellation)).HasValue);
        await store.RemoveAsync(due[1], Cancellation);
        Assert.Equal([due[0], due[2]], await store.ListAsync(DateTimeOffset.UnixEpoch.AddHours(1), 10, Cancellation));
    }
}
