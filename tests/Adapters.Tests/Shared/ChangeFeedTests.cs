using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using Local.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Shared;

public sealed class ChangeFeedTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(-3600)]
    [InlineData(-45)]
    [InlineData(3600)]
    public async Task A_change_is_heard_at_once_however_wrong_the_writers_clock_or_the_readers(int secondsOff)
    {
        var heard = new Ear($"slow{secondsOff}");
        var listener = new ChangeListener(Feed(0), [heard], new FakeTimeProvider(DateTimeOffset.UtcNow), NullLogger<ChangeListener>.Instance);
        await listener.ListenOnceAsync(Cancellation);
        await Feed(secondsOff).AppendAsync(heard.Topic, "d1", "v", Cancellation);
        await listener.ListenOnceAsync(Cancellation);
        await listener.ListenOnceAsync(Cancellation);
        Assert.Equal([(heard.Topic, "d1", "v")], heard.Changes.Select(c => (c.Topic, c.Key, c.Value)));
        Assert.Equal(1, heard.Resets);
    }

    [Fact]
    public async Task Changes_are_heard_in_the_order_in_which_the_store_took_them()
    {
        var heard = new Ear("order");
        var listener = new ChangeListener(Feed(0), [heard], new FakeTimeProvider(), NullLogger<ChangeListener>.Instance);
        await listener.ListenOnceAsync(Cancellation);
        foreach (var (secondsOff, value) in new[] { (20, "first"), (-20, "second"), (0, "third") })
            await Feed(secondsOff).AppendAsync(heard.Topic, "d1", value, Cancellation);
        await listener.ListenOnceAsync(Cancellation);
        Assert.Equal(["first", "second", "third"], heard.Changes.Select(c => c.Value));
    }

    [Fact]
    public async Task Who_waits_for_a_change_hears_of_it_before_the_usual_look()
    {
        var (heard, time) = (new Ear("awaited") { IsAwaited = true }, new FakeTimeProvider());
        using var listener = new ChangeListener(Feed(0), [heard], time, NullLogger<ChangeListener>.Instance);
        await Feed(0).AppendAsync(heard.Topic, "d1", "before it listens", Cancellation);
        await listener.StartAsync(Cancellation);
        Assert.True(await heard.Heard.WaitAsync(Hang, Cancellation));

        await Feed(0).AppendAsync(heard.Topic, "d1", "while it listens", Cancellation);
        time.Advance(ChangeListener.AwaitedInterval);

        Assert.True(await heard.Heard.WaitAsync(Hang, Cancellation));
        await listener.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_is_older_than_an_hour_is_removed()
    {
        await Feed(0).AppendAsync("old", "d1", null, Cancellation);
        await Feed(60).TrimAsync(Cancellation);
        Assert.Contains(await RowsAsync(), r => r.PartitionKey == "old");
        await Feed(3660).TrimAsync(Cancellation);
        Assert.Empty(await RowsAsync());
    }

    public async ValueTask InitializeAsync() => await new CreateTables(_tables).StartAsync(Cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<List<TableEntity>> RowsAsync() =>
        await _tables.GetTableClient(TableNames.Changes).QueryAsync<TableEntity>(cancellationToken: Cancellation).ToListAsync(Cancellation);

    /// <summary>As an instance sees it whose clock is wrong.</summary>
    private ChangeFeed Feed(int secondsOff) => new(_tables, new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(secondsOff)));

    private sealed class Ear(string topic) : IChangeSubscriber
    {
        public string Topic => topic;

        public bool IsAwaited { get; set; }

        public List<Change> Changes { get; } = [];

        public SemaphoreSlim Heard { get; } = new(0);

        public int Resets { get; private set; }

        public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
        {
            Changes.Add(change);
            Heard.Release();
            return ValueTask.CompletedTask;
        }

        public ValueTask OnResetAsync(CancellationToken cancellationToken)
        {
            Resets++;
            return ValueTask.CompletedTask;
        }
    }
}
