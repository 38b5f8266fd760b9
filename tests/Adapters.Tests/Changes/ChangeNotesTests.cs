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

    private static async Task<int> CountAsync(ChangeFeed feed) =>
        (await feed.ReadAsync(DateTimeOffset.UtcNow.AddMinutes(-10), Cancellation)).Rows.Count(r => r.Change.Topic == "storm");
}
