using Azure.Data.Tables;
using IoTBackend.Adapters.Devices;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices.Enrolment;
using Local.Tests;

namespace Adapters.Tests.Devices;

/// <summary>Instances of the backend over one store.</summary>
public sealed class TableClaimsTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private TableClaims _claims = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await new CreateTables(new(storage.ConnectionString)).StartAsync(Cancellation);
        _claims = new(new(storage.ConnectionString));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Of_many_instances_that_take_one_place_at_once_one_has_it()
    {
        var claim = await AddAsync();
        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            new TableClaims(new(storage.ConnectionString)).TryUseAsync(claim.Id, 0, new($"d-{i}", $"{i}", Now), Cancellation)));
        Assert.Single(taken, true);
        Assert.Equal($"d-{Array.IndexOf(taken, true)}", Assert.Single(await _claims.UsesAsync(claim.Id, Cancellation)).Value.DeviceId);
    }

    [Fact]
    public async Task A_claim_is_kept_as_it_was_made_until_it_is_revoked_and_long_over()
    {
        var (kept, over) = (await AddAsync(), await AddAsync());
        await _claims.TryUseAsync(over.Id, 7, new("d", "p", Now), Cancellation);
        Assert.Equal(Now, (await _claims.RevokeAsync(kept.Id, Now, Cancellation))?.RevokedAt);
        // Revoked again, it says when it was the first time.
        Assert.Equal(Now, (await _claims.RevokeAsync(kept.Id, Now.AddDays(1), Cancellation))?.RevokedAt);
        Assert.Null(await _claims.RevokeAsync("none", Now, Cancellation));
        await _claims.TrimAsync(over.ExpiresAt, Cancellation);
        Assert.NotNull(await _claims.FindAsync(over.Id, Cancellation));
        await _claims.TrimAsync(over.ExpiresAt.AddSeconds(1), Cancellation);
        Assert.Equal((null, 0), (await _claims.FindAsync(over.Id, Cancellation), (await _claims.UsesAsync(over.Id, Cancellation)).Count));
    }

    [Fact]
    public async Task A_copy_of_the_table_holds_nothing_to_enrol_with()
    {
        var claim = await AddAsync();
        var secret = new ClaimTokens(new byte[32]).Of(claim.Id).Split('.')[2];
        await foreach (var row in new TableServiceClient(storage.ConnectionString).GetTableClient(TableNames.Claims).QueryAsync<TableEntity>(cancellationToken: Cancellation))
            Assert.DoesNotContain(row, value => value.Value?.ToString()?.Contains(secret, StringComparison.Ordinal) == true);
    }

    private async Task<Claim> AddAsync()
    {
        var claim = new Claim(ClaimTokens.NewId(), new() { Uses = 9, Groups = ["g"] }, Now);
        await _claims.AddAsync(claim, Cancellation);
        return claim;
    }
}
