using Azure;
using Azure.Core;
using Azure.Data.Tables;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Shared;
using Local.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Changes;

public sealed class ChangeNotesTests(Azurite azurite) : IClassFixture<Azurite>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_storm_leaves_its_first_note_at_once_and_one_more_for_all_the_others()
    {
        var tables = new TableServiceClient(azurite.ConnectionString);
        await new CreateTables(tables).StartAsync(Cancellation);
        var (feed, time) = (new ChangeFeed(tables, TimeProvider.System), new FakeTimeProvider());
        var notes = new ChangeNotes(feed, time);
        for (var i = 0; i < 1000; i++)
            await notes.NoteAsync("storm", Cancellation);
        Assert.Equal(1, await CountAsync(feed));
        time.Advance(ChangeNotes.Interval);
        while (await CountAsync(feed) < 2)
            await Task.Yield();
        time.Advance(ChangeNotes.Interval);
        await notes.NoteAsync("storm", Cancellation);
        Assert.InRange(await CountAsync(feed), 2, 3);
    }

    [Fact]
    public async Task What_is_noted_while_the_store_is_down_fails_nobody_and_the_next_note_is_written()
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        options.AddPolicy(new UnavailablePolicy("tables"), HttpPipelinePosition.PerCall);
        var tables = new TableServiceClient(azurite.ConnectionString, options);
        await new CreateTables(tables).StartAsync(Cancellation);
        var (feed, time) = (new ChangeFeed(tables, TimeProvider.System), new FakeTimeProvider());
        var notes = new ChangeNotes(feed, time);
        await azurite.StopAsync();
        await notes.NoteAsync("outage", Cancellation);
        await azurite.StartAsync();

        await WrittenAgainAsync(notes, time, feed, "outage");
    }

    [Fact]
    public async Task An_error_that_is_no_outage_is_told_and_the_next_note_is_written_all_the_same()
    {
        var tables = new TableServiceClient(azurite.ConnectionString);
        await new CreateTables(tables).StartAsync(Cancellation);
        var (feed, time) = (new ChangeFeed(tables, TimeProvider.System), new FakeTimeProvider());
        var notes = new ChangeNotes(feed, time);
        await tables.DeleteTableAsync(TableNames.Changes, Cancellation);
        await Assert.ThrowsAsync<RequestFailedException>(() => notes.NoteAsync("broken", Cancellation));
        // This one fails where nobody hears of it.
        await notes.NoteAsync("broken", Cancellation);
        time.Advance(ChangeNotes.Interval);
        await new CreateTables(tables).StartAsync(Cancellation);

        await WrittenAgainAsync(notes, time, feed, "broken");
    }

    /// <summary>Within some intervals, whenever the failed ones end.</summary>
    private static async Task WrittenAgainAsync(ChangeNotes notes, FakeTimeProvider time, ChangeFeed feed, string kind)
    {
        for (var i = 0; i < 100 && await CountAsync(feed, kind) == 0; i++)
        {
            time.Advance(ChangeNotes.Interval);
            await notes.NoteAsync(kind, Cancellation);
        }

        Assert.NotEqual(0, await CountAsync(feed, kind));
    }

    private static async Task<int> CountAsync(ChangeFeed feed, string kind = "storm") =>
        (await feed.ReadAsync(DateTimeOffset.UtcNow.AddMinutes(-10), Cancellation)).Rows.Count(r => r.Change.Topic == kind);
}
