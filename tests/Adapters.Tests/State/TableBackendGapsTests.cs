using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using Local.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.State;

public sealed class TableBackendGapsTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(25);

    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _tables.DeleteTableAsync(TableNames.Sweep, Cancellation);
        await new CreateTables(_tables).StartAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_sweep_that_takes_long_is_no_gap_and_a_pause_as_long_is_one()
    {
        var gaps = Gaps();
        var before = await gaps.BeatAsync(Cancellation);
        _time.Advance(Long);
        await gaps.SweptAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(before, await gaps.BeatAsync(Cancellation));
        await gaps.SweptAsync(Cancellation);
        _time.Advance(Long);
        Assert.Equal(_time.GetUtcNow(), await gaps.BeatAsync(Cancellation));
    }

    [Fact]
    public async Task A_process_that_begins_knows_how_long_there_was_none()
    {
        await Gaps().BeatAsync(Cancellation);
        _time.Advance(Long);
        Assert.Equal(_time.GetUtcNow(), await Gaps().BeatAsync(Cancellation));
    }

    [Fact]
    public async Task What_was_missed_is_a_gap_until_it_is_well_again()
    {
        var gaps = Gaps();
        await gaps.BeatAsync(Cancellation);
        gaps.Missed();
        _time.Advance(TimeSpan.FromSeconds(5));
        var held = await gaps.BeatAsync(Cancellation);
        Assert.Equal(_time.GetUtcNow(), held);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(held, await gaps.BeatAsync(Cancellation));
    }

    private TableBackendGaps Gaps() => new(_tables, Microsoft.Extensions.Options.Options.Create(new SweepOptions()), _time);
}
