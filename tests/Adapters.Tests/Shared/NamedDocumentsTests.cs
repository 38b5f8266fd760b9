using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Shared;

public sealed class NamedDocumentsTests(Azurite azurite) : IClassFixture<Azurite>
{
    private readonly TableServiceClient _tables = new(azurite.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_channel_is_kept_with_its_secret_until_it_is_deleted()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        var channels = new TableChannels(_tables, new(new byte[32]));
        var channel = new Channel { Name = "c", Type = ChannelType.Webhook, Url = new("https://example.com/x?y=z"), Secret = "whsec_x", Kinds = [AlertKind.BatteryLow] };
        await channels.SaveAsync(channel, Cancellation);
        var found = (await channels.FindAsync("c", Cancellation))!;
        Assert.Equal((channel.Url, "whsec_x", AlertKind.BatteryLow), (found.Url, found.Secret, found.Kinds[0]));
        Assert.Single(await channels.ListAsync(Cancellation));
        var row = await _tables.GetTableClient(TableNames.Channels).GetEntityAsync<TableEntity>("channel", "c", cancellationToken: Cancellation);
        Assert.DoesNotContain("whsec_x", row.Value.GetString("Document"), StringComparison.Ordinal);
        Assert.True(await channels.DeleteAsync("c", Cancellation));
        Assert.False(await channels.DeleteAsync("c", Cancellation));
    }

    [Fact]
    public async Task A_silence_is_kept_with_its_matchers()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        var silences = new TableSilences(_tables);
        await silences.SaveAsync(new() { Name = "s", Matchers = new() { Groups = ["g"], MaxSeverity = Severity.Warning }, Until = DateTimeOffset.UnixEpoch }, Cancellation);
        var found = (await silences.FindAsync("s", Cancellation))!;
        Assert.Equal(("g", Severity.Warning, DateTimeOffset.UnixEpoch), (found.Matchers.Groups[0], found.Matchers.MaxSeverity, found.Until));
    }
}
